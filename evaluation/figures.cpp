#include "evaluation/figures.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "inference/retrieval/ranking_metrics.h"

namespace marquee::evaluation {

namespace {

using RankingMetric = double (*)(std::span<const double> ranks, int k);

std::string at(const char* metric, int k) { return cat(metric, '@', k); }

Figure joint_figure(const Panel& panel, const std::vector<float>& ranks, RankingMetric metric,
                    int k) {
  Figure figure;
  std::vector<double> own;
  for (int64_t member = 0; member < panel.size(); ++member) {
    const auto span = panel.of(member, ranks);
    own.assign(span.begin(), span.end());
    figure.values.sums.push_back(static_cast<float>(metric(own, k)));
  }
  return figure;
}

Figure separate_figure(const Panel& panel, const std::vector<float>& ranks, RankingMetric metric,
                       int k) {
  Figure figure;
  for (int64_t member = 0; member < panel.size(); ++member) {
    double sum = 0, count = 0;
    for (const double rank : panel.of(member, ranks)) {
      if (std::isnan(rank)) continue;
      sum += metric(std::span(&rank, 1), k);
      count += 1;
    }
    figure.values.sums.push_back(count > 0 ? static_cast<float>(sum / count) : 0);
    figure.values.weights.push_back(count > 0 ? 1 : 0);
  }
  return figure;
}

}  // namespace

std::vector<Figure> ranking_figures(const Panel& panel, const std::vector<float>& ranks,
                                    std::span<const int> cutoffs) {
  std::vector<Figure> figures;
  const auto add = [&](const char* name, RankingMetric metric, int k) {
    figures.push_back(joint_figure(panel, ranks, metric, k));
    figures.back().name = at(name, k);
  };
  for (const int k : cutoffs) add("hr", inference::hit_rate, k);
  for (const int k : cutoffs) add("ndcg", inference::ndcg, k);
  for (const int k : cutoffs) add("recall", inference::recall, k);
  add("precision", inference::precision, 10);
  add("mrr", inference::reciprocal_rank, 10);
  add("map", inference::average_precision, 10);
  return figures;
}

std::vector<Figure> separate_figures(const Panel& panel, const std::vector<float>& ranks,
                                     std::span<const int> cutoffs) {
  std::vector<Figure> figures;
  const auto add = [&](const char* name, RankingMetric metric, int k) {
    figures.push_back(separate_figure(panel, ranks, metric, k));
    figures.back().name = at(name, k);
  };
  for (const int k : cutoffs) add("hr", inference::hit_rate, k);
  for (const int k : cutoffs) add("ndcg", inference::ndcg, k);
  add("mrr", inference::reciprocal_rank, 10);
  return figures;
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
    squared.values.sums.push_back(static_cast<float>(squares));
    absolute.values.sums.push_back(static_cast<float>(distances));
    squared.values.weights.push_back(static_cast<float>(count));
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
