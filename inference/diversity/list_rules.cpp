#include "inference/diversity/list_rules.h"

#include <algorithm>
#include <unordered_map>

#include "data/titles.h"

namespace marquee::inference {

namespace {

using data::Feature;

constexpr uint32_t kNew = 0, kFrom = data::kFeatures + 1;  // their places in kRelaxed
// The feature at each other place of kRelaxed.
constexpr std::array<Feature, data::kFeatures> kFeatureOf = {
    Feature::kLanguage, Feature::kActor, Feature::kDirector, Feature::kStudio, Feature::kGenre};

std::span<const uint32_t> names_of(const Title& title, Feature feature) {
  const std::span<const uint32_t> all = title[feature];
  const bool first = feature == Feature::kGenre || feature == Feature::kLanguage;
  return first && !all.empty() ? all.first(1) : all;
}

// A list as it grows, what is in the window before its next place, and what the rules say of a
// title there.
class Growing {
 public:
  Growing(const ListRules& rules, const TitleTable& titles, int newest)
      : rules_(rules), titles_(titles), newest_(newest) {}

  void add(uint32_t title) {
    list_.push_back(title);
    count(title, 1);
    const auto places = static_cast<size_t>(rules_.window - 1);
    if (list_.size() > places) count(list_[list_.size() - 1 - places], -1);
  }

  // The rules that it breaks, as bits of kRelaxed.
  uint32_t broken_by(uint32_t title) const {
    uint32_t broken = 0;
    if (lacks(rules_.least_new, new_) && !is_new(title)) broken |= 1U << kNew;
    if (lacks(rules_.least_from, from_) && !is_from(title)) broken |= 1U << kFrom;
    for (size_t i = 0; i < kFeatureOf.size(); ++i) {
      if (has_too_many(title, kFeatureOf[i])) broken |= 2U << i;
    }
    return broken;
  }

 private:
  bool is_new(uint32_t title) const { return titles_[title].year > newest_ - rules_.new_years; }
  bool is_from(uint32_t title) const {
    return data::mostly_from(titles_[title].countries, *rules_.countries);
  }

  void count(uint32_t title, int by) {
    if (rules_.least_new > 0 && is_new(title)) new_ += by;
    if (rules_.least_from > 0 && is_from(title)) from_ += by;
    for (const Feature feature : kFeatureOf) {
      if (rules_.most[static_cast<size_t>(feature)] == 0) continue;
      for (const uint32_t name : names_of(titles_[title], feature)) {
        named_[static_cast<size_t>(feature)][name] += by;
      }
    }
  }

  // Spread over the window: of the first third of its places a third has to be there.
  bool lacks(int least, int there) const {
    const auto places = std::min<int64_t>(std::ssize(list_) + 1, rules_.window);
    return there < least * places / rules_.window;
  }

  bool has_too_many(uint32_t title, Feature feature) const {
    const int most = rules_.most[static_cast<size_t>(feature)];
    if (most == 0) return false;
    const auto& named = named_[static_cast<size_t>(feature)];
    return std::ranges::any_of(names_of(titles_[title], feature), [&](uint32_t name) {
      const auto same = named.find(name);
      return same != named.end() && same->second >= most;
    });
  }

  const ListRules& rules_;
  const TitleTable& titles_;
  const int newest_;
  std::vector<uint32_t> list_;
  // In the window before the next place: new ones, those from the countries, those with a name.
  int new_ = 0, from_ = 0;
  std::array<std::unordered_map<uint32_t, int>, data::kFeatures> named_;
};

}  // namespace

bool ListRules::any() const {
  return least_new > 0 || least_from > 0 ||
         std::ranges::any_of(most, [](int each) { return each > 0; });
}

std::vector<std::string> relaxed_names(uint32_t relaxed) {
  std::vector<std::string> names;
  for (size_t i = 0; i < kRelaxed.size(); ++i) {
    if ((relaxed >> i & 1U) != 0) names.emplace_back(kRelaxed[i]);
  }
  return names;
}

OrderedList keep_rules(std::span<const uint32_t> candidates, size_t k, const ListRules& rules,
                       const TitleTable& titles, int newest) {
  Growing growing(rules, titles, newest);
  OrderedList list;
  std::vector<char> taken(candidates.size());
  while (list.places.size() < std::min(k, candidates.size())) {
    // Rules that come first in kRelaxed are given up first: what is left as bits is smallest.
    uint32_t least = UINT32_MAX, next = 0;
    for (uint32_t i = 0; i < candidates.size() && least > 0; ++i) {
      if (taken[i] != 0) continue;
      const uint32_t broken = growing.broken_by(candidates[i]);
      if (broken >= least) continue;
      least = broken;
      next = i;
    }
    taken[next] = 1;
    list.places.push_back(next);
    list.relaxed |= least;
    growing.add(candidates[next]);
  }
  return list;
}

}  // namespace marquee::inference
