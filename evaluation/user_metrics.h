// Metrics from ranks and ratings: what each user adds to each of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

struct UserMetric {
  std::string name;  // "ndcg@10"
  PerUser values;
  bool root = false;  // the square root of the ratio is reported (rmse)
};

// All targets of a user in one ranking: hr, ndcg, recall, precision, mrr and map at each of the
// cutoffs, as inference/retrieval/ranking_metrics.h defines them, and auc. ranks: [targets] among
// all titles but those in the history.
std::vector<UserMetric> ranking_metrics(const TestUsers& test_users, const Ranks& ranks,
                                        std::span<const int> cutoffs);

// Each target of a user in a ranking of its own, averaged over the user's targets: hr, ndcg and
// mrr at each of the cutoffs. Users without a rank (kUnranked) do not count.
std::vector<UserMetric> separate_metrics(const TestUsers& test_users, const Ranks& ranks,
                                         std::span<const int> cutoffs);

// Of the titles that a user disliked, the share that is among the first ten: recall@10.
std::vector<UserMetric> dislike_metrics(const TestUsers& with_dislikes, const Ranks& ranks);

// rmse and mae over all ratings that users gave to their targets; none if there are none.
std::vector<UserMetric> rating_metrics(const TestUsers& test_users,
                                       const std::vector<float>& predicted);

// The metrics with their resamples, in their order.
std::vector<Resampled> resample(std::span<const UserMetric> metrics,
                                const BootstrapOptions& options);

}  // namespace marquee::evaluation
