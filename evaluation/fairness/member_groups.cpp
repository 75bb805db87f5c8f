#include "evaluation/fairness/member_groups.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace marquee::evaluation {

namespace {

constexpr int kQuarters = 4;

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

// A column of the users file that is named as one of the others is said to be the file's.
std::string name_of(const std::string& column) {
  return column == kActivity || column == kTaste ? column + " (users file)" : column;
}

}  // namespace

std::vector<std::string> member_attributes(const data::Dataset& dataset) {
  std::vector<std::string> names;
  for (const std::string& column : dataset.attribute_names()) names.push_back(name_of(column));
  names.insert(names.end(), {kActivity, kTaste});
  return names;
}

std::map<std::string, int64_t> group_sizes(const std::vector<std::string>& group) {
  std::map<std::string, int64_t> sizes;
  for (const std::string& each : group) ++sizes[each];
  return sizes;
}

std::vector<Grouping> groupings(const Questions& questions) {
  const TestUsers& test = questions.test_users;
  const data::Dataset& dataset = questions.dataset;
  std::vector<Grouping> all;
  for (size_t a = 0; a < dataset.attribute_names().size(); ++a) {
    Grouping& grouping = all.emplace_back(Grouping{name_of(dataset.attribute_names()[a]), {}});
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

PerUser only(const PerUser& all, const std::vector<bool>& in) {
  PerUser some = all;
  if (some.weights.empty()) some.weights.assign(some.sums.size(), 1);
  for (size_t i = 0; i < in.size(); ++i) {
    if (!in[i]) some.sums[i] = some.weights[i] = 0;
  }
  return some;
}

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

}  // namespace marquee::evaluation
