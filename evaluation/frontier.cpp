#include "evaluation/frontier.h"

#include <algorithm>
#include <array>

#include "evaluation/beyond_accuracy.h"
#include "evaluation/user_metrics.h"

namespace marquee::evaluation {

namespace {

constexpr std::array<int, 1> kCutoff{kListLength};

struct Measured {
  std::vector<UserMetric> metrics;  // of users
  std::vector<Resampled> resampled;
  Exposure shown;

  const Resampled* find(const std::string& name) const {
    for (size_t i = 0; i < metrics.size(); ++i) {
      if (metrics[i].name == name) return &resampled[i];
    }
    return nullptr;
  }
};

Measured measured(const Questions& questions, const Answers& answers,
                  const BootstrapOptions& bootstrap) {
  Measured result;
  result.metrics = ranking_metrics(questions.test_users, answers.full_ranks, kCutoff);
  std::erase_if(result.metrics, [](const UserMetric& each) { return each.name == "auc"; });
  const auto beyond = beyond_accuracy_metrics(questions.dataset, questions.test_users, answers);
  result.metrics.insert(result.metrics.end(), beyond.begin(), beyond.end());
  result.resampled = resample(result.metrics, bootstrap);
  result.shown = exposure(questions.test_users, answers);
  return result;
}

}  // namespace

std::vector<FrontierPoint> make_frontier(const Questions& questions, const Answers& answers,
                                         const BootstrapOptions& bootstrap) {
  std::vector<FrontierPoint> frontier;
  if (answers.diversified.empty()) return frontier;
  const Measured plain = measured(questions, answers, bootstrap);
  for (size_t i = 0; i < answers.diversified.size(); ++i) {
    Answers own;
    own.full_ranks = answers.diversified[i].full_ranks;
    own.lists = answers.diversified[i].lists;
    const Measured here = measured(questions, own, bootstrap);
    FrontierPoint& point = frontier.emplace_back();
    point.diversity = questions.diversities[i];
    for (size_t m = 0; m < here.metrics.size(); ++m) {
      const std::string& name = here.metrics[m].name;
      point.metrics.push_back({"diversified", name, here.resampled[m].interval()});
      const Resampled* before = plain.find(name);
      if (before->value == 0) continue;
      point.changes.push_back(
          {"diversified", name, ratio(difference(here.resampled[m], *before), *before).interval()});
    }
    point.metrics.push_back({"diversified", "coverage@10", here.shown.coverage});
    point.metrics.push_back({"diversified", "gini@10", here.shown.gini});
  }
  return frontier;
}

std::optional<size_t> knee(const std::vector<FrontierPoint>& frontier) {
  std::vector<std::pair<double, double>> places;  // gain, cost
  for (const FrontierPoint& point : frontier) {
    const Interval* gain = point.change("diversity@10");
    const Interval* cost = point.change("ndcg@10");
    if (gain == nullptr || cost == nullptr) return std::nullopt;
    places.emplace_back(gain->value, -cost->value);
  }
  if (places.empty() || places.back().first <= 0) return std::nullopt;
  const auto [last_gain, last_cost] = places.back();
  std::optional<size_t> best;
  double most = 0;
  for (size_t i = 0; i + 1 < places.size(); ++i) {
    const double saved = last_cost * places[i].first / last_gain - places[i].second;
    if (saved <= most) continue;
    most = saved;
    best = i;
  }
  return best;
}

}  // namespace marquee::evaluation
