#include "evaluation/figures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/text.h"
#include "core/threads.h"
#include "inference/retrieval/ranking_metrics.h"

namespace marquee::evaluation {

namespace {

using RankingMetric = double (*)(std::span<const double> ranks, int k);

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

// [targets] in double precision, without a copy for each member and metric.
std::vector<double> widened(const std::vector<float>& ranks) {
  return {ranks.begin(), ranks.end()};
}

PerMember joint_values(const Panel& panel, const std::vector<double>& ranks, RankingMetric metric,
                       int k) {
  PerMember values;
  for (int64_t member = 0; member < panel.size(); ++member) {
    values.sums.push_back(metric(panel.of(member, ranks), k));
  }
  return values;
}

PerMember separate_values(const Panel& panel, const std::vector<double>& ranks,
                          RankingMetric metric, int k) {
  PerMember values;
  for (int64_t member = 0; member < panel.size(); ++member) {
    double sum = 0, count = 0;
    for (const double rank : panel.of(member, ranks)) {
      if (std::isnan(rank)) continue;
      sum += metric(std::span(&rank, 1), k);
      count += 1;
    }
    values.sums.push_back(count > 0 ? sum / count : 0);
    values.weights.push_back(count > 0 ? 1 : 0);
  }
  return values;
}

// Each of the metrics at each of the cutoffs.
std::vector<Figure> table_of(std::span<const NamedMetric> metrics, std::span<const int> cutoffs,
                             const std::function<PerMember(RankingMetric, int)>& values) {
  const auto columns = static_cast<int64_t>(cutoffs.size());
  std::vector<Figure> figures(metrics.size() * cutoffs.size());
  parallel_for(static_cast<int64_t>(figures.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const NamedMetric& metric = metrics[i / columns];
      const int k = cutoffs[i % columns];
      figures[i] = {
          .name = cat(metric.name, '@', k), .values = values(metric.of, k), .root = false};
    }
  });
  return figures;
}

// The share of pairs of a target and another unknown title that are in the right order, a tie
// counting half. The ranks of T targets count each of their T (T − 1) / 2 pairs once.
Figure auc_figure(const Panel& panel, const std::vector<double>& ranks) {
  Figure figure{.name = "auc", .values = {}, .root = false};
  const auto titles = static_cast<double>(panel.train_counts.size() - 1);
  for (int64_t member = 0; member < panel.size(); ++member) {
    const auto own = panel.of(member, ranks);
    const auto targets = static_cast<double>(own.size());
    const double others = titles - panel.known_titles[member] - targets;
    const double above = std::accumulate(own.begin(), own.end(), 0.0) - targets * (targets - 1) / 2;
    figure.values.sums.push_back(others > 0 ? 1 - above / (targets * others) : 0);
    figure.values.weights.push_back(others > 0 ? 1 : 0);
  }
  return figure;
}

}  // namespace

std::vector<Figure> ranking_figures(const Panel& panel, const std::vector<float>& ranks,
                                    std::span<const int> cutoffs) {
  const std::vector<double> wide = widened(ranks);
  std::vector<Figure> figures = table_of(kJoint, cutoffs, [&](RankingMetric metric, int k) {
    return joint_values(panel, wide, metric, k);
  });
  figures.push_back(auc_figure(panel, wide));
  return figures;
}

std::vector<Figure> separate_figures(const Panel& panel, const std::vector<float>& ranks,
                                     std::span<const int> cutoffs) {
  const std::vector<double> wide = widened(ranks);
  return table_of(kSeparate, cutoffs, [&](RankingMetric metric, int k) {
    return separate_values(panel, wide, metric, k);
  });
}

std::vector<Figure> rating_figures(const Panel& panel, const std::vector<float>& predicted) {
  Figure squared{.name = "rmse", .values = {}, .root = true};
  Figure absolute{.name = "mae", .values = {}, .root = false};
  double ratings = 0;
  for (int64_t member = 0; member < panel.size(); ++member) {
    double squares = 0, distances = 0, count = 0;
    for (auto t = panel.offsets[member]; t < panel.offsets[member + 1]; ++t) {
      if (predicted.empty() || std::isnan(predicted[t])) continue;
      const double error = predicted[t] - panel.ratings[t];
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

std::vector<Resampled> resample(std::span<const Figure> figures, const BootstrapOptions& options) {
  std::vector<const PerMember*> values;
  for (const Figure& figure : figures) values.push_back(&figure.values);
  std::vector<Resampled> result = bootstrap(values, options);
  for (size_t i = 0; i < result.size(); ++i) {
    if (!figures[i].root) continue;
    result[i].value = std::sqrt(result[i].value);
    for (double& value : result[i].resamples) value = std::sqrt(value);
  }
  return result;
}

}  // namespace marquee::evaluation
