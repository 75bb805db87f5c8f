// How well one user's held-out titles are ranked, from their ranks in the full ranking: 0 is the
// top, and titles that score the same share their mean rank (RankCounts::rank), which may end in a
// half. A rank r is within the first k if r < k; k is at least 1. Every metric is between 0 and 1,
// and 0 without targets. Targets that share a rank with each other at the edge of k could push a
// metric above 1; it is cut there.
#pragma once

#include <span>

namespace marquee::inference {

// 1 if a target is within the first k.
double hit_rate(std::span<const double> ranks, int k);

// The share of the first k places that are targets.
double precision(std::span<const double> ranks, int k);

// The share of the targets that are within the first k.
double recall(std::span<const double> ranks, int k);

// 1 / (r + 1) of the best target within the first k (mean over users: MRR; Voorhees, TREC-8 1999).
double reciprocal_rank(std::span<const double> ranks, int k);

// The sum of 1 / log2(r + 2) over targets within the first k, over that of targets in the first
// min(targets, k) places (Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques,
// ACM TOIS 20(4), 2002, in the form with every rank discounted).
double ndcg(std::span<const double> ranks, int k);

// The precision at the place of each target within the first k, summed, over min(targets, k) (mean
// over users: MAP; Buckley & Voorhees, Evaluating evaluation measure stability, SIGIR 2000). The
// precision at rank r is the number of targets at ranks up to r, over r + 1, at most 1.
double average_precision(std::span<const double> ranks, int k);

}  // namespace marquee::inference
