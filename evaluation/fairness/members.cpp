#include "evaluation/fairness/members.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/random.h"
#include "core/threads.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/significance.h"
#include "evaluation/user_metrics.h"

namespace marquee::evaluation {

namespace {

constexpr std::array<int, 1> kCutoff{kListLength};
MemberAttribute compared(const Grouping& grouping, const PerUser& ndcg,
                         const BootstrapOptions& options) {
  const auto sizes = group_sizes(grouping.group);
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
