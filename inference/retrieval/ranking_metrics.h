// How well one user's targets are ranked. Titles that score the same have no order, so every metric
// is its expectation over all orders of tied titles, each as likely (McSherry & Najork, Computing
// Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores, ECIR
// 2008).
//
// A target with `higher` titles above it and `equal` others level with it is at place higher + 1 to
// higher + equal + 1. Targets that are level with each other have the same counts. A place is
// within the first k if it is k or less; k is at least 1. Every metric is between 0 and 1, and 0
// without targets.
#pragma once

#include <span>

#include "inference/retrieval/retrieval.h"

namespace marquee::inference {

// The probability that a target is within the first k.
double hit_rate(std::span<const RankCounts> targets, int k);

// The share of the first k places that are targets.
double precision(std::span<const RankCounts> targets, int k);

// The share of the targets that are within the first k.
double recall(std::span<const RankCounts> targets, int k);

// 1 / place of the first target, if it is within the first k (mean over users: MRR; Voorhees,
// TREC-8 1999).
double reciprocal_rank(std::span<const RankCounts> targets, int k);

// The sum of 1 / log2(place + 1) over targets within the first k, over that of targets in the first
// min(targets, k) places (Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques,
// ACM TOIS 20(4), 2002, in the form with every rank discounted).
double ndcg(std::span<const RankCounts> targets, int k);

// The precision at the place of each target within the first k, summed, over min(targets, k) (mean
// over users: MAP; Buckley & Voorhees, Evaluating evaluation measure stability, SIGIR 2000).
double average_precision(std::span<const RankCounts> targets, int k);

}  // namespace marquee::inference
