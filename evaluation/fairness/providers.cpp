#include "evaluation/fairness/providers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace marquee::evaluation {

namespace {

constexpr const char* kOthers = "others";
constexpr double kHead = 0.5, kMiddle = 0.8;  // shares of interactions up to which titles are these

// The providers of each title, as indices of names.
struct Assignment {
  std::string kind;
  std::vector<std::string> names;
  std::vector<std::vector<size_t>> of;  // [titles + 1]
};

Assignment by_feature(const data::Catalogue& catalogue, data::Feature feature, const char* kind) {
  Assignment result{
      kind, {}, std::vector<std::vector<size_t>>(static_cast<size_t>(catalogue.size()) + 1)};
  for (int64_t name = 1; name <= catalogue.vocabulary_size(feature); ++name) {
    result.names.emplace_back(catalogue.feature_name(feature, name));
  }
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    for (const uint32_t name : catalogue.features(feature, title)) {
      result.of[static_cast<size_t>(title)].push_back(name - 1);
    }
  }
  return result;
}

Assignment by_age(const data::Catalogue& catalogue) {
  constexpr int64_t kUpTo[] = {2, 5, 10, 20, std::numeric_limits<int64_t>::max()};
  Assignment result{"age", {"0–2 years", "3–5", "6–10", "11–20", "> 20"}, {}};
  int64_t newest = 0;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    newest = std::max<int64_t>(newest, catalogue.year(title));
  }
  result.of.resize(static_cast<size_t>(catalogue.size()) + 1);
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    if (catalogue.year(title) == 0) continue;
    const int64_t age = newest - catalogue.year(title);
    const auto* bin = std::ranges::find_if(kUpTo, [&](int64_t most) { return age <= most; });
    result.of[static_cast<size_t>(title)] = {static_cast<size_t>(bin - kUpTo)};
  }
  return result;
}

Assignment by_popularity(const TestUsers& test) {
  Assignment result{"popularity", {"head", "middle", "tail"}, {}};
  std::vector<size_t> order(test.train_counts.size() - 1);
  std::iota(order.begin(), order.end(), size_t{1});
  std::ranges::stable_sort(
      order, [&](size_t a, size_t b) { return test.train_counts[a] > test.train_counts[b]; });
  const auto all = static_cast<double>(
      std::accumulate(test.train_counts.begin(), test.train_counts.end(), int64_t{0}));
  result.of.resize(test.train_counts.size());
  double before = 0;
  for (const size_t title : order) {
    const double share = all > 0 ? before / all : 1;
    result.of[title] = {share < kHead ? size_t{0} : share < kMiddle ? size_t{1} : size_t{2}};
    before += static_cast<double>(test.train_counts[title]);
  }
  return result;
}

// The same with the providers of most of `titles` first, and those beyond the limit as one.
Assignment largest_first(const Assignment& assignment, const std::vector<uint32_t>& titles) {
  std::vector<double> counts(assignment.names.size());
  for (const uint32_t title : titles) {
    for (const size_t each : assignment.of[title]) {
      counts[each] += 1 / static_cast<double>(assignment.of[title].size());
    }
  }
  std::vector<size_t> order(counts.size()), place(counts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  Assignment result{assignment.kind, {}, assignment.of};
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
  Parts(const Assignment& assignment, int64_t members)
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
  const Assignment& assignment_;
  std::vector<PerUser> columns_;
};

ProviderKind measured(const Assignment& every, const Questions& questions, const Answers& answers,
                      const BootstrapOptions& options) {
  const TestUsers& test = questions.test_users;
  const Assignment assignment = largest_first(every, test.targets);
  Parts shown(assignment, test.size()), watched(assignment, test.size()),
      history(assignment, test.size()), catalogue(assignment, 1);
  for (uint32_t title = 1; title < assignment.of.size(); ++title) catalogue.add(0, title, 1);
  for (int64_t member = 0; member < test.size(); ++member) {
    const auto list = answers.list(member);
    for (size_t place = 0; place < list.size() && list[place] != 0; ++place) {
      shown.add(member, list[place], 1 / std::log2(2 + static_cast<double>(place)));
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
  ProviderKind kind{assignment.kind, {}};
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

// Features that are providers, where titles have them.
std::vector<std::pair<data::Feature, const char*>> features_of(const data::Catalogue& catalogue) {
  std::vector<std::pair<data::Feature, const char*>> features = {
      {data::Feature::kGenre, "genre"},
      {data::Feature::kStudio, "studio"},
      {data::Feature::kLanguage, "language"},
      {data::Feature::kDirector, "director"}};
  std::erase_if(features,
                [&](const auto& each) { return catalogue.vocabulary_size(each.first) == 0; });
  return features;
}

}  // namespace

std::vector<std::string> provider_kinds(const data::Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const auto& [feature, kind] : features_of(catalogue)) names.emplace_back(kind);
  names.insert(names.end(), {"age", "popularity"});
  return names;
}

std::vector<ProviderKind> provider_fairness(const Questions& questions, const Answers& answers,
                                            const BootstrapOptions& bootstrap) {
  const data::Catalogue& catalogue = questions.dataset.catalogue();
  std::vector<Assignment> assignments;
  for (const auto& [feature, kind] : features_of(catalogue)) {
    assignments.push_back(by_feature(catalogue, feature, kind));
  }
  assignments.push_back(by_age(catalogue));
  assignments.push_back(by_popularity(questions.test_users));
  std::vector<ProviderKind> kinds;
  for (const Assignment& each : assignments) {
    kinds.push_back(measured(each, questions, answers, bootstrap));
  }
  return kinds;
}

}  // namespace marquee::evaluation
