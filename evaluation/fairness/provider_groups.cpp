#include "evaluation/fairness/provider_groups.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "data/titles.h"

namespace marquee::evaluation {

namespace {

constexpr double kHead = 0.5, kMiddle = 0.8;  // shares of interactions up to which titles are these

ProviderGrouping by_feature(const data::Catalogue& catalogue, data::Feature feature,
                            const char* kind) {
  ProviderGrouping result{
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

ProviderGrouping by_country(const data::Catalogue& catalogue) {
  ProviderGrouping result{
      "country", {}, std::vector<std::vector<size_t>>(static_cast<size_t>(catalogue.size()) + 1)};
  std::map<std::string, size_t> known;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    for (const std::string& name : data::split_values(catalogue.countries(title))) {
      const auto [at, is_new] = known.try_emplace(name, known.size());
      if (is_new) result.names.push_back(name);
      result.of[static_cast<size_t>(title)].push_back(at->second);
    }
  }
  return result;
}

ProviderGrouping by_age(const data::Catalogue& catalogue) {
  constexpr int64_t kUpTo[] = {2, 5, 10, 20, std::numeric_limits<int64_t>::max()};
  ProviderGrouping result{"age", {"0–2 years", "3–5", "6–10", "11–20", "> 20"}, {}};
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

ProviderGrouping by_popularity(const TestUsers& test) {
  ProviderGrouping result{"popularity", {"head", "middle", "tail"}, {}};
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

bool has_years(const data::Catalogue& catalogue) {
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    if (catalogue.year(title) != 0) return true;
  }
  return false;
}

}  // namespace

bool has_countries(const data::Catalogue& catalogue) {
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    if (!catalogue.countries(title).empty()) return true;
  }
  return false;
}

std::vector<std::string> provider_kinds(const data::Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const auto& [feature, kind] : features_of(catalogue)) names.emplace_back(kind);
  if (has_countries(catalogue)) names.emplace_back("country");
  if (has_years(catalogue)) names.emplace_back("age");
  names.emplace_back("popularity");
  return names;
}

std::vector<ProviderGrouping> provider_groupings(const Questions& questions) {
  const data::Catalogue& catalogue = questions.dataset.catalogue();
  std::vector<ProviderGrouping> groupings;
  for (const auto& [feature, kind] : features_of(catalogue)) {
    groupings.push_back(by_feature(catalogue, feature, kind));
  }
  if (has_countries(catalogue)) groupings.push_back(by_country(catalogue));
  if (has_years(catalogue)) groupings.push_back(by_age(catalogue));
  groupings.push_back(by_popularity(questions.test_users));
  return groupings;
}

}  // namespace marquee::evaluation
