#include "evaluation/fairness/rating_gaps.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random.h"
#include "core/threads.h"
#include "evaluation/fairness/distances.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/significance.h"

namespace marquee::evaluation {

namespace {

struct Sums {
  double ratings = 0, given = 0, predicted = 0;

  void add(double weight, double rating, double prediction) {
    ratings += weight;
    given += weight * rating;
    predicted += weight * prediction;
  }
  double error() const { return (predicted - given) / ratings; }
};

using GroupSums = std::array<Sums, 2>;  // of the group, of all others

// Groups as large as this one, with the members drawn at random.
std::vector<RatingGapValues> shuffled(const RatedTargets& rated, const std::vector<bool>& in_group,
                                      const BootstrapOptions& options) {
  const std::vector<double> once(rated.members, 1);
  std::vector<RatingGapValues> values(static_cast<size_t>(options.resamples));
  parallel_for(options.resamples, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(options.seed, "shuffled groups", static_cast<uint64_t>(i));
      std::vector<char> labels(in_group.begin(), in_group.end());
      random.shuffle(labels);
      values[static_cast<size_t>(i)] = rating_gaps(rated, {labels.begin(), labels.end()}, once);
    }
  });
  return values;
}

RatingGroup compared(const std::string& name, const RatedTargets& rated,
                     const std::vector<bool>& in_group, const BootstrapOptions& options) {
  const auto resampled = resample_members(
      rated.members,
      [&](std::span<const double> counts) {
        const RatingGapValues values = rating_gaps(rated, in_group, counts);
        return std::vector<double>(values.begin(), values.end());
      },
      options);
  const auto by_chance = shuffled(rated, in_group, options);
  RatingGroup group{name, std::ranges::count(in_group, true), {}};
  for (size_t m = 0; m < kRatingGaps.size(); ++m) {
    RatingGap& gap = group.gaps[m];
    gap.value = centred(resampled[m]);
    double sum = 0, drawn = 0, as_far = 1;
    for (const RatingGapValues& values : by_chance) {
      if (std::isnan(values[m])) continue;
      sum += values[m];
      ++drawn;
      as_far += values[m] >= gap.value.value;
    }
    gap.by_chance = drawn > 0 ? sum / drawn : 0;
    gap.p = as_far / (1 + drawn);
  }
  return group;
}

// Of the members with ratings, in the order of `rated`.
std::vector<std::string> groups_of_raters(const Grouping& grouping, const TestUsers& test,
                                          const std::vector<float>& predicted) {
  std::vector<std::string> groups;
  for (int64_t member = 0; member < test.size(); ++member) {
    bool rates = false;
    for (auto t = test.offsets[member]; t < test.offsets[member + 1]; ++t) {
      rates |= !std::isnan(test.ratings[t]) && !std::isnan(predicted[t]);
    }
    if (rates) groups.push_back(grouping.group[static_cast<size_t>(member)]);
  }
  return groups;
}

void adjust(std::vector<RatingAttribute>& attributes) {
  for (size_t m = 0; m < kRatingGaps.size(); ++m) {
    std::vector<double> p;
    for (const auto& attribute : attributes) {
      for (const auto& group : attribute.groups) p.push_back(group.gaps[m].p);
    }
    const auto adjusted = holm(p);
    size_t next = 0;
    for (auto& attribute : attributes) {
      for (auto& group : attribute.groups) group.gaps[m].holm_p = adjusted[next++];
    }
  }
}

}  // namespace

RatedTargets rated_targets(const TestUsers& test, const std::vector<float>& predicted) {
  RatedTargets rated;
  std::map<uint32_t, uint32_t> titles;
  for (int64_t member = 0; member < test.size(); ++member) {
    const size_t before = rated.rating.size();
    for (auto t = test.offsets[member]; t < test.offsets[member + 1]; ++t) {
      if (std::isnan(test.ratings[t]) || std::isnan(predicted[t])) continue;
      const auto number = static_cast<uint32_t>(titles.size());
      rated.member.push_back(rated.members);
      rated.title.push_back(titles.try_emplace(test.targets[t], number).first->second);
      rated.rating.push_back(test.ratings[t]);
      rated.predicted.push_back(predicted[t]);
    }
    rated.members += rated.rating.size() > before;
  }
  rated.titles = static_cast<uint32_t>(titles.size());
  return rated;
}

RatingGapValues rating_gaps(const RatedTargets& rated, const std::vector<bool>& in_group,
                            std::span<const double> counts) {
  std::vector<GroupSums> titles(rated.titles);
  GroupSums all;
  for (size_t i = 0; i < rated.rating.size(); ++i) {
    const uint32_t member = rated.member[i];
    const size_t side = in_group[member] ? 0 : 1;
    titles[rated.title[i]][side].add(counts[member], rated.rating[i], rated.predicted[i]);
    all[side].add(counts[member], rated.rating[i], rated.predicted[i]);
  }
  RatingGapValues values{};
  double shared = 0;
  for (const auto& [own, others] : titles) {
    if (own.ratings == 0 || others.ratings == 0) continue;
    const double a = own.error(), b = others.error();
    values[0] += std::abs(a - b);
    values[1] += std::abs(std::abs(a) - std::abs(b));
    values[2] += std::abs(std::max(0.0, -a) - std::max(0.0, -b));
    values[3] += std::abs(std::max(0.0, a) - std::max(0.0, b));
    ++shared;
  }
  for (size_t m = 0; m < 4; ++m) values[m] /= shared;  // NaN without shared titles
  values[4] = std::abs(all[0].predicted / all[0].ratings - all[1].predicted / all[1].ratings);
  return values;
}

std::vector<RatingAttribute> rating_fairness(const Questions& questions, const Answers& answers,
                                             const BootstrapOptions& bootstrap) {
  if (answers.predicted_ratings.empty()) return {};
  const TestUsers& test = questions.test_users;
  const RatedTargets rated = rated_targets(test, answers.predicted_ratings);
  if (rated.members == 0) return {};
  const std::vector<double> once(rated.members, 1);
  std::vector<RatingAttribute> attributes;
  for (const Grouping& grouping : groupings(questions)) {
    const auto groups = groups_of_raters(grouping, test, answers.predicted_ratings);
    RatingAttribute attribute{grouping.name, {}};
    for (const std::string& name : reported(group_sizes(groups), rated.members)) {
      std::vector<bool> in_group;
      for (const std::string& each : groups) in_group.push_back(each == name);
      if (std::isnan(rating_gaps(rated, in_group, once)[0])) continue;
      attribute.groups.push_back(compared(name, rated, in_group, bootstrap));
    }
    attributes.push_back(std::move(attribute));
  }
  adjust(attributes);
  return attributes;
}

}  // namespace marquee::evaluation
