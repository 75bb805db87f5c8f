// The report as a value. evaluate() fills it; json.cpp, page.cpp and console.cpp only write it
// down.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/artefact.h"
#include "core/json.h"
#include "evaluation/beyond_accuracy.h"
#include "evaluation/leakage.h"
#include "evaluation/slices.h"
#include "inference/diversity/diversifier.h"

namespace marquee::evaluation {

struct Metric {
  std::string protocol;  // "full_rank", "sampled_99", "candidates", "rating", "disliked",
                         // "beyond_accuracy"
  std::string name;      // "ndcg@10"
  Interval interval;
};

// One metric of a model that was trained with several seeds.
struct SeedSpread {
  std::string protocol, name;
  std::vector<double> values;  // one a seed, the bundle's own first

  double mean() const;
  double deviation() const;  // standard deviation of a sample; 0 for one value
};

// The contents of a bundle's training.json: loss and validation metric over steps.
struct TrainingCurve {
  struct Point {
    int64_t step = 0;
    std::optional<double> loss, valid_ndcg;
  };
  std::vector<Point> points;
  int64_t best_step = 0;
  double seconds = 0;  // that training took; 0: unknown
};

// Lists at one strength of diversity.
struct FrontierPoint {
  inference::Diversity diversity;
  std::vector<Metric> metrics;  // of these lists
  std::vector<Metric> changes;  // of the same, as a share of the ranking's as it is

  const Interval* metric(std::string_view name) const;  // or null
  const Interval* change(std::string_view name) const;  // or null
};

// NDCG@10 of a new member after so many answers (onboarding.h).
struct OnboardingPoint {
  int questions = 0;
  Interval asked, popular;  // questions by the model and what was answered; the most popular titles
  Interval events;          // as many first events, instead of answers
  Interval gain;            // asked − popular
  // Questions by the model where requests name contexts, and these − asked; if the bundle has some.
  std::optional<Interval> in_context, context_gain;
  double known = 0, known_popular = 0;  // share of questions about titles that the member knew
};

struct OnboardingCurve {
  std::vector<OnboardingPoint> points;
  Interval full;  // with the whole history
};

struct BundleResult {
  std::string label;  // the model's name where no other bundle has it, else `name`
  std::string name;   // "two_tower@3f2a91c0"
  std::string model;
  std::string sha256;
  std::string path;  // as it was given
  int64_t parameters = 0;
  std::vector<Source> sources;        // what the bundle was made from
  Json privacy;                       // the fact of that name; null: members are not protected
  bool from_another_dataset = false;  // as far as its sources say
  bool learned_from_valid = false;    // marquee train --refit; others: from train alone
  std::vector<Metric> metrics;
  std::vector<SeedSpread> seeds;        // of metrics; empty: trained with one seed
  std::vector<FrontierPoint> frontier;  // by strength; empty: not asked for
  std::optional<OnboardingCurve> onboarding;
  Slices slices;
  PopularityGroups::Shares recommended{};  // popularity of what it recommends
  std::optional<TrainingCurve> curve;
  double load_seconds = 0, answer_seconds = 0, arithmetic_seconds = 0;

  const Interval* find(std::string_view protocol, std::string_view metric) const;  // or null
  const SeedSpread* spread(std::string_view protocol, std::string_view metric) const;
};

// bundles[a] − bundles[b] on the same users.
struct Difference {
  std::string protocol, metric;
  size_t a = 0, b = 0;
  Interval interval;
  double p = 1, adjusted_p = 1;  // significance.h: of this pair alone, and among all pairs

  bool significant() const { return adjusted_p < 0.05; }
};

struct ExampleTitle {
  std::string name;
  bool found = false;  // it is one of the targets
};

// One user: what they watched last, what they watched next, and what each bundle recommends.
struct Example {
  std::string user_id;
  std::vector<std::string> watched;  // oldest first
  std::vector<std::string> next;
  std::vector<std::vector<ExampleTitle>> lists;  // [bundles]
};

struct DatasetFacts {
  std::string name, sha256, split, path;
  std::vector<Source> sources;
  int64_t users = 0, titles = 0, interactions = 0;
};

struct TestUserFacts {
  int64_t users = 0, targets = 0;
  int64_t rewatched = 0, disliked = 0;  // test events that are no target: data/cases.h
  int64_t candidate_users = 0;          // test users with rows in the candidates file
  std::string candidates_file;          // empty: none
};

// What a gate (gate.h) said of the first bundle against the second.
struct GateFinding {
  std::string what;  // "full_rank.ndcg@10", "history_length 5–9: ndcg@10"
  double before = 0, now = 0;
  double margin = 0;  // share of `before` by which `now` may be worse
  bool failed = false;
};

struct Report {
  DatasetFacts dataset;
  TestUserFacts test_users;
  Leakage leakage;
  std::vector<std::string> warnings;  // of anything that makes the metrics less reliable
  std::vector<BundleResult> bundles;
  std::vector<Difference> differences;      // all pairs, for each of compared_metrics()
  PopularityGroups::Shares watched_next{};  // popularity of the targets
  std::vector<Example> examples;
  std::vector<GateFinding> gate;  // empty: there was none
  uint64_t seed = 1;
  int resamples = 0;
  std::string command;  // that makes this report

  // bundles[a] − bundles[b], whichever way it was computed; null where it was not.
  std::optional<Difference> difference(std::string_view protocol, std::string_view metric, size_t a,
                                       size_t b) const;
  bool some_learned_from_valid() const;
  // Pairs that NDCG@10 over all titles and among 99 others put in opposite orders.
  std::vector<Difference> reversed_pairs() const;  // as over all titles, a ahead of b
  // The bundle with the highest (or lowest) value, the first of equals; none has it: nothing.
  std::optional<size_t> best(std::string_view protocol, std::string_view metric) const;
};

// The metrics that bundles are compared by, best known first.
struct MetricName {
  const char* protocol;
  const char* metric;
  bool lower_is_better = false;
};
const std::vector<MetricName>& compared_metrics();

std::string to_json(const Report& report);        // report.json; ends in a newline
std::string to_html(const Report& report);        // one file, no scripts needed, no network
std::string console_table(const Report& report);  // bundles × main metrics, for a terminal

}  // namespace marquee::evaluation
