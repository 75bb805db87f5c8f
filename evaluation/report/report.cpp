#include "evaluation/report/report.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace marquee::evaluation {

double SeedSpread::mean() const {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double SeedSpread::deviation() const {
  if (values.size() < 2) return 0;
  double squares = 0;
  for (const double value : values) squares += (value - mean()) * (value - mean());
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

const SeedSpread* BundleResult::spread(std::string_view protocol, std::string_view metric) const {
  for (const SeedSpread& each : seeds) {
    if (each.protocol == protocol && each.name == metric) return &each;
  }
  return nullptr;
}

namespace {
const Interval* named(const std::vector<Metric>& metrics, std::string_view name) {
  for (const Metric& each : metrics) {
    if (each.name == name) return &each.interval;
  }
  return nullptr;
}
}  // namespace

const Interval* FrontierPoint::metric(std::string_view name) const { return named(metrics, name); }
const Interval* FrontierPoint::change(std::string_view name) const { return named(changes, name); }

const Interval* BundleResult::find(std::string_view protocol, std::string_view metric) const {
  for (const Metric& each : metrics) {
    if (each.protocol == protocol && each.name == metric) return &each.interval;
  }
  return nullptr;
}

std::optional<Difference> Report::difference(std::string_view protocol, std::string_view metric,
                                             size_t a, size_t b) const {
  for (const Difference& each : differences) {
    if (each.protocol != protocol || each.metric != metric) continue;
    if (each.a == a && each.b == b) return each;
    if (each.a != b || each.b != a) continue;
    Difference reversed = each;
    reversed.a = a;
    reversed.b = b;
    reversed.interval = {-each.interval.value, -each.interval.high, -each.interval.low};
    return reversed;
  }
  return std::nullopt;
}

bool Report::some_learned_from_valid() const {
  return std::ranges::any_of(bundles, &BundleResult::learned_from_valid);
}

std::vector<Difference> Report::reversed_pairs() const {
  std::vector<Difference> reversed;
  for (const Difference& each : differences) {
    if (each.protocol != "full_rank" || each.metric != "ndcg@10") continue;
    const auto sampled = difference("sampled_99", "ndcg@10", each.a, each.b);
    if (!sampled || each.interval.value * sampled->interval.value >= 0) continue;
    const bool ahead = each.interval.value > 0;
    reversed.push_back(
        *difference("full_rank", "ndcg@10", ahead ? each.a : each.b, ahead ? each.b : each.a));
  }
  return reversed;
}

std::optional<size_t> Report::best(std::string_view protocol, std::string_view metric) const {
  bool lower = false;
  for (const MetricName& name : compared_metrics()) {
    if (name.protocol == protocol && name.metric == metric) lower = name.lower_is_better;
  }
  std::optional<size_t> best;
  const Interval* highest = nullptr;
  for (size_t i = 0; i < bundles.size(); ++i) {
    const Interval* own = bundles[i].find(protocol, metric);
    if (own == nullptr) continue;
    const bool better =
        highest == nullptr || (lower ? own->value < highest->value : own->value > highest->value);
    if (!better) continue;
    best = i;
    highest = own;
  }
  return best;
}

const std::vector<MetricName>& compared_metrics() {
  static const std::vector<MetricName> names = {
      {"full_rank", "ndcg@10"},  {"full_rank", "hr@10"},    {"full_rank", "recall@20"},
      {"sampled_99", "hr@10"},   {"sampled_99", "ndcg@10"}, {"candidates", "hr@10"},
      {"candidates", "ndcg@10"}, {"rating", "rmse", true},  {"disliked", "recall@10", true}};
  return names;
}

}  // namespace marquee::evaluation
