#include "evaluation/fairness/members.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "core/random.h"
#include "core/threads.h"
#include "evaluation/significance.h"
#include "evaluation/user_metrics.h"

namespace marquee::evaluation {

namespace {

constexpr std::array<int, 1> kCutoff{kListLength};
constexpr int kQuarters = 4;

// Of which group each member is; "": of none.
struct Grouping {
  std::string name;
  std::vector<std::string> group;  // [test users]
};

// Four groups of about the same size, by rank; members with equal values stay together.
Grouping quarters(const char* name, const std::vector<double>& values,
                  const std::array<const char*, kQuarters>& names) {
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  Grouping grouping{name, {}};
  for (const double value : values) {
    const auto below = std::ranges::lower_bound(sorted, value) - sorted.begin();
    const auto quarter = below * kQuarters / std::ssize(sorted);
    grouping.group.emplace_back(names[static_cast<size_t>(quarter)]);
  }
  return grouping;
}

constexpr const char *kActivity = "activity", *kTaste = "taste";

std::vector<Grouping> groupings(const Questions& questions) {
  const TestUsers& test = questions.test_users;
  const data::Dataset& dataset = questions.dataset;
  std::vector<Grouping> all;
  for (size_t a = 0; a < dataset.attribute_names().size(); ++a) {
    Grouping& grouping = all.emplace_back(Grouping{dataset.attribute_names()[a], {}});
    for (const int64_t user : test.users) grouping.group.emplace_back(dataset.attribute(a, user));
  }
  std::vector<double> lengths(test.history_lengths.begin(), test.history_lengths.end());
  all.push_back(quarters(kActivity, lengths, {"least active", "less", "more", "most active"}));
  std::vector<double> popularity;
  for (const int64_t user : test.users) {
    const auto titles = history_titles(dataset, user);
    double sum = 0;
    for (const uint32_t title : titles) {
      sum += std::log1p(static_cast<double>(test.train_counts[title]));
    }
    popularity.push_back(titles.empty() ? 0 : sum / static_cast<double>(titles.size()));
  }
  all.push_back(
      quarters(kTaste, popularity, {"rarest titles", "rarer", "more popular", "most popular"}));
  return all;
}

// The metric of those for whom `in` is true.
PerUser only(const PerUser& all, const std::vector<bool>& in) {
  PerUser some = all;
  if (some.weights.empty()) some.weights.assign(some.sums.size(), 1);
  for (size_t i = 0; i < in.size(); ++i) {
    if (!in[i]) some.sums[i] = some.weights[i] = 0;
  }
  return some;
}

// Names of the groups that are reported: the largest.
std::vector<std::string> reported(const std::map<std::string, int64_t>& sizes, int64_t all) {
  std::vector<std::pair<int64_t, std::string>> large;  // negative, so that ties go by name
  for (const auto& [name, members] : sizes) {
    const bool enough = members >= kLeastGroup && all - members >= kLeastGroup;
    if (!name.empty() && enough) large.emplace_back(-members, name);
  }
  std::ranges::sort(large);
  large.resize(std::min(large.size(), kMostGroups));
  std::vector<std::string> names;
  for (const auto& [size, name] : large) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

MemberAttribute compared(const Grouping& grouping, const PerUser& ndcg,
                         const BootstrapOptions& options) {
  std::map<std::string, int64_t> sizes;
  for (const std::string& each : grouping.group) ++sizes[each];
  MemberAttribute result{grouping.name, {}, std::ssize(grouping.group)};
  for (const std::string& name : reported(sizes, std::ssize(grouping.group))) {
    std::vector<bool> in, out;
    for (const std::string& each : grouping.group) {
      in.push_back(each == name);
      out.push_back(each != name);
    }
    const PerUser own = only(ndcg, in), rest = only(ndcg, out);
    const PerUser* columns[] = {&own, &rest};
    const auto resampled = bootstrap(columns, options);
    MemberGroup& group = result.groups.emplace_back();
    group.name = name;
    group.members = sizes.at(name);
    group.ndcg = resampled[0].interval();
    if (resampled[1].value > 0)
      group.gap = ratio(difference(resampled[0], resampled[1]), resampled[1]).interval();
    group.p = p_value(difference(resampled[0], resampled[1]), std::ssize(grouping.group));
    result.left_out -= group.members;
  }
  return result;
}

double lowest_tenth(std::vector<double> values) {
  const auto some = std::max<std::ptrdiff_t>(1, std::ssize(values) / 10);
  std::ranges::nth_element(values, values.begin() + some - 1);
  return std::accumulate(values.begin(), values.begin() + some, 0.0) / static_cast<double>(some);
}

// Who is in the tenth is part of the value, and so drawn again with the members.
Interval worst_tenth(const std::vector<double>& values, const BootstrapOptions& options) {
  Resampled result{lowest_tenth(values), std::vector<double>(size_t(options.resamples))};
  parallel_for(options.resamples, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(options.seed, "worst tenth", static_cast<uint64_t>(i));
      std::vector<double> drawn;
      for (size_t n = 0; n < values.size(); ++n)
        drawn.push_back(values[random.below(values.size())]);
      result.resamples[static_cast<size_t>(i)] = lowest_tenth(std::move(drawn));
    }
  });
  return result.interval();
}

}  // namespace

std::vector<std::string> member_attributes(const data::Dataset& dataset) {
  std::vector<std::string> names = dataset.attribute_names();
  names.insert(names.end(), {kActivity, kTaste});
  return names;
}

MemberFairness member_fairness(const Questions& questions, const Answers& answers,
                               const BootstrapOptions& options) {
  const auto metrics = ranking_metrics(questions.test_users, answers.full_ranks, kCutoff);
  const auto ndcg = std::ranges::find(metrics, "ndcg@10", &UserMetric::name);
  MemberFairness result;
  const PerUser* pointer = &ndcg->values;
  result.ndcg = bootstrap({&pointer, 1}, options).front().interval();
  result.worst_tenth = worst_tenth(ndcg->values.sums, options);
  for (const Grouping& each : groupings(questions)) {
    result.attributes.push_back(compared(each, ndcg->values, options));
  }
  std::vector<double> p;
  for (const auto& attribute : result.attributes) {
    for (const auto& group : attribute.groups) p.push_back(group.p);
  }
  const auto adjusted = holm(p);
  size_t next = 0;
  for (auto& attribute : result.attributes) {
    for (auto& group : attribute.groups) group.holm_p = adjusted[next++];
  }
  return result;
}

}  // namespace marquee::evaluation
