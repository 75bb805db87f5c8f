#include "evaluation/fairness/providers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluation/fairness/distances.h"
#include "evaluation/fairness/provider_groups.h"

namespace marquee::evaluation {

namespace {

constexpr const char* kOthers = "others";

// The same with the providers of most of `titles` first, and those beyond the limit as one.
ProviderGrouping largest_first(const ProviderGrouping& assignment,
                               const std::vector<uint32_t>& titles) {
  std::vector<double> counts(assignment.names.size());
  for (const uint32_t title : titles) {
    for (const size_t each : assignment.of[title]) {
      counts[each] += 1 / static_cast<double>(assignment.of[title].size());
    }
  }
  std::vector<size_t> order(counts.size()), place(counts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  ProviderGrouping result{assignment.kind, {}, assignment.of};
  for (size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = std::min(i, kMostProviders);
    if (i < kMostProviders) result.names.push_back(assignment.names[order[i]]);
  }
  if (order.size() > kMostProviders) result.names.emplace_back(kOthers);
  for (auto& providers : result.of) {
    for (size_t& each : providers) each = place[each];
  }
  return result;
}

// Parts of providers, by member.
class Parts {
 public:
  Parts(const ProviderGrouping& assignment, int64_t members)
      : assignment_(assignment),
        columns_(assignment.names.size(), PerUser{std::vector<double>(size_t(members)),
                                                  std::vector<double>(size_t(members))}) {}

  void add(int64_t member, uint32_t title, double weight) {
    const auto& providers = assignment_.of[title];
    if (providers.empty()) return;
    const auto at = static_cast<size_t>(member);
    for (PerUser& each : columns_) each.weights[at] += weight;
    for (const size_t each : providers) {
      columns_[each].sums[at] += weight / static_cast<double>(providers.size());
    }
  }

  const PerUser& column(size_t provider) const { return columns_[provider]; }

  double share(size_t provider) const {
    const auto total = [](const std::vector<double>& of) {
      return std::accumulate(of.begin(), of.end(), 0.0);
    };
    const double all = total(columns_[provider].weights);
    return all > 0 ? total(columns_[provider].sums) / all : 0;
  }

 private:
  const ProviderGrouping& assignment_;
  std::vector<PerUser> columns_;
};

// What members were shown and what they watched next, by provider: each member's parts.
struct ProviderShares {
  std::vector<std::vector<std::pair<size_t, double>>> shown, watched;  // [members]
};

ProviderShares provider_shares(const ProviderGrouping& grouping, const TestUsers& test,
                               const Answers& answers) {
  const auto add = [&](auto& to, uint32_t title, double weight) {
    const auto& providers = grouping.of[title];
    for (const size_t each : providers) {
      to.emplace_back(each, weight / static_cast<double>(providers.size()));
    }
  };
  ProviderShares shares;
  for (int64_t member = 0; member < test.size(); ++member) {
    auto& shown = shares.shown.emplace_back();
    const auto list = answers.list(member);
    for (size_t place = 0; place < list.size() && list[place] != 0; ++place) {
      add(shown, list[place], exposure_of(place));
    }
    auto& watched = shares.watched.emplace_back();
    for (const uint32_t title : test.of(member, test.targets)) add(watched, title, 1);
  }
  return shares;
}

Interval amortised(const ProviderGrouping& grouping, const TestUsers& test, const Answers& answers,
                   const BootstrapOptions& options) {
  const ProviderShares shares = provider_shares(grouping, test, answers);
  const auto distance = [&](std::span<const double> counts) -> std::vector<double> {
    std::vector<double> shown(grouping.names.size()), watched(grouping.names.size());
    for (size_t member = 0; member < counts.size(); ++member) {
      for (const auto& [each, part] : shares.shown[member]) shown[each] += counts[member] * part;
      for (const auto& [each, part] : shares.watched[member])
        watched[each] += counts[member] * part;
    }
    return {share_distance(shown, watched)};
  };
  return centred(resample_members(test.size(), distance, options).front());
}

ProviderKind measured(const ProviderGrouping& every, const Questions& questions,
                      const Answers& answers, const BootstrapOptions& options) {
  const TestUsers& test = questions.test_users;
  const ProviderGrouping assignment = largest_first(every, test.targets);
  Parts shown(assignment, test.size()), watched(assignment, test.size()),
      history(assignment, test.size()), catalogue(assignment, 1);
  for (uint32_t title = 1; title < assignment.of.size(); ++title) catalogue.add(0, title, 1);
  for (int64_t member = 0; member < test.size(); ++member) {
    const auto list = answers.list(member);
    for (size_t place = 0; place < list.size() && list[place] != 0; ++place) {
      shown.add(member, list[place], exposure_of(place));
    }
    for (const uint32_t title : test.of(member, test.targets)) watched.add(member, title, 1);
    const auto before = history_titles(questions.dataset, test.users[static_cast<size_t>(member)]);
    for (const uint32_t title : before) history.add(member, title, 1);
  }
  std::vector<const PerUser*> columns;
  for (size_t i = 0; i < assignment.names.size(); ++i) {
    columns.push_back(&shown.column(i));
    columns.push_back(&watched.column(i));
  }
  const auto resampled = bootstrap(columns, options);
  ProviderKind kind{assignment.kind, {}, amortised(every, test, answers, options)};
  for (size_t i = 0; i < assignment.names.size(); ++i) {
    Provider& provider = kind.providers.emplace_back();
    provider.name = assignment.names[i];
    provider.catalogue = catalogue.share(i);
    provider.history = history.share(i);
    provider.watched = watched.share(i);
    provider.shown = resampled[2 * i].interval();
    if (provider.watched > 0) {
      provider.ratio = ratio(resampled[2 * i], resampled[2 * i + 1]).interval();
    }
  }
  return kind;
}

}  // namespace

double share_distance(std::span<const double> a, std::span<const double> b) {
  const auto total = [](std::span<const double> of) {
    const double sum = std::accumulate(of.begin(), of.end(), 0.0);
    return sum > 0 ? sum : 1;
  };
  const double all_a = total(a), all_b = total(b);
  double distance = 0;
  for (size_t i = 0; i < a.size(); ++i) distance += std::abs(a[i] / all_a - b[i] / all_b);
  return distance;
}

std::vector<ProviderKind> provider_fairness(const Questions& questions, const Answers& answers,
                                            const BootstrapOptions& bootstrap) {
  std::vector<ProviderKind> kinds;
  for (const ProviderGrouping& each : provider_groupings(questions)) {
    kinds.push_back(measured(each, questions, answers, bootstrap));
  }
  return kinds;
}

}  // namespace marquee::evaluation
