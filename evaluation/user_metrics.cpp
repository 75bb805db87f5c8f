#include "evaluation/user_metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/text.h"
#include "core/threads.h"
#include "inference/retrieval/ranking_metrics.h"

namespace marquee::evaluation {

namespace {

using RankingMetric = double (*)(std::span<const inference::RankCounts> targets, int k);

struct NamedMetric {
  const char* name;
  RankingMetric of;
};

constexpr NamedMetric kJoint[] = {
    {"hr", inference::hit_rate},         {"ndcg", inference::ndcg},
    {"recall", inference::recall},       {"precision", inference::precision},
    {"mrr", inference::reciprocal_rank}, {"map", inference::average_precision}};
constexpr NamedMetric kSeparate[] = {
    {"hr", inference::hit_rate}, {"ndcg", inference::ndcg}, {"mrr", inference::reciprocal_rank}};

PerUser joint_values(const TestUsers& test_users, const Ranks& ranks, RankingMetric metric, int k) {
  PerUser values;
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    values.sums.push_back(metric(test_users.of(test_user, ranks), k));
  }
  return values;
}

PerUser separate_values(const TestUsers& test_users, const Ranks& ranks, RankingMetric metric,
                        int k) {
  PerUser values;
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    double sum = 0, count = 0;
    for (const inference::RankCounts& rank : test_users.of(test_user, ranks)) {
      if (rank == kUnranked) continue;
      sum += metric(std::span(&rank, 1), k);
      count += 1;
    }
    values.sums.push_back(count > 0 ? sum / count : 0);
    values.weights.push_back(count > 0 ? 1 : 0);
  }
  return values;
}

// Each of the metrics at each of the cutoffs.
std::vector<UserMetric> table_of(std::span<const NamedMetric> named, std::span<const int> cutoffs,
                                 const std::function<PerUser(RankingMetric, int)>& values) {
  const auto columns = static_cast<int64_t>(cutoffs.size());
  std::vector<UserMetric> metrics(named.size() * cutoffs.size());
  parallel_for(static_cast<int64_t>(metrics.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const NamedMetric& metric = named[i / columns];
      const int k = cutoffs[i % columns];
      metrics[i] = {
          .name = cat(metric.name, '@', k), .values = values(metric.of, k), .root = false};
    }
  });
  return metrics;
}

// The share of pairs of a target and another unknown title that are in the right order, a tie
// counting half. The ranks of T targets count each of their T (T − 1) / 2 pairs once.
UserMetric auc_metric(const TestUsers& test_users, const Ranks& ranks) {
  UserMetric metric{.name = "auc", .values = {}, .root = false};
  const auto titles = static_cast<double>(test_users.train_counts.size() - 1);
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    const auto own = test_users.of(test_user, ranks);
    const auto targets = static_cast<double>(own.size());
    const double others = titles - test_users.known_titles[test_user] - targets;
    double above = -targets * (targets - 1) / 2;
    for (const inference::RankCounts& rank : own) above += rank.mean_rank();
    metric.values.sums.push_back(others > 0 ? 1 - above / (targets * others) : 0);
    metric.values.weights.push_back(others > 0 ? 1 : 0);
  }
  return metric;
}

}  // namespace

std::vector<UserMetric> ranking_metrics(const TestUsers& test_users, const Ranks& ranks,
                                        std::span<const int> cutoffs) {
  std::vector<UserMetric> metrics = table_of(kJoint, cutoffs, [&](RankingMetric metric, int k) {
    return joint_values(test_users, ranks, metric, k);
  });
  metrics.push_back(auc_metric(test_users, ranks));
  return metrics;
}

std::vector<UserMetric> separate_metrics(const TestUsers& test_users, const Ranks& ranks,
                                         std::span<const int> cutoffs) {
  return table_of(kSeparate, cutoffs, [&](RankingMetric metric, int k) {
    return separate_values(test_users, ranks, metric, k);
  });
}

std::vector<UserMetric> dislike_metrics(const TestUsers& with_dislikes, const Ranks& ranks) {
  return {
      {.name = "recall@10", .values = joint_values(with_dislikes, ranks, inference::recall, 10)}};
}

std::vector<UserMetric> rating_metrics(const TestUsers& test_users,
                                       const std::vector<float>& predicted) {
  UserMetric squared{.name = "rmse", .values = {}, .root = true};
  UserMetric absolute{.name = "mae", .values = {}, .root = false};
  double ratings = 0;
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    double squares = 0, distances = 0, count = 0;
    for (auto t = test_users.offsets[test_user]; t < test_users.offsets[test_user + 1]; ++t) {
      if (predicted.empty() || std::isnan(predicted[t])) continue;
      const double error = predicted[t] - test_users.ratings[t];
      squares += error * error;
      distances += std::abs(error);
      count += 1;
    }
    squared.values.sums.push_back(squares);
    absolute.values.sums.push_back(distances);
    squared.values.weights.push_back(count);
    ratings += count;
  }
  if (ratings == 0) return {};
  absolute.values.weights = squared.values.weights;
  return {std::move(squared), std::move(absolute)};
}

std::vector<Resampled> resample(std::span<const UserMetric> metrics,
                                const BootstrapOptions& options) {
  std::vector<const PerUser*> values;
  for (const UserMetric& metric : metrics) values.push_back(&metric.values);
  std::vector<Resampled> result = bootstrap(values, options);
  for (size_t i = 0; i < result.size(); ++i) {
    if (!metrics[i].root) continue;
    result[i].value = std::sqrt(result[i].value);
    for (double& value : result[i].resamples) value = std::sqrt(value);
  }
  return result;
}

}  // namespace marquee::evaluation
