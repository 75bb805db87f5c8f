#include "inference/reasons.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "inference/contributions.h"
#include "inference/feature_similarity.h"
#include "inference/reason_texts.h"

namespace marquee::inference {

namespace {

using data::Feature;

constexpr float kMinSimilarity = 0.5f;  // cosine from which one title explains another
constexpr int kSharedNames = 2;         // watched titles that make an actor a favourite
constexpr int kSharedGenres = 3;        // and a genre a favourite,
constexpr double kGenreShare = 0.25;    // if they are this share of all
constexpr double kPopularShare = 0.2;

// How many titles have a name: a flat table, since one is filled for every answer.
class NameCounts {
 public:
  explicit NameCounts(size_t most_names) : slots_(std::bit_ceil(2 * most_names + 2)) {}

  void add(TitleNames::Name name) {
    Slot& slot = slots_[place_of(name.code)];
    slot.code = name.code;
    ++slot.count;
  }
  int operator[](TitleNames::Name name) const { return slots_[place_of(name.code)].count; }

 private:
  struct Slot {
    uint32_t code = 0;
    int count = 0;  // 0: free
  };

  size_t place_of(uint32_t code) const {
    const size_t mask = slots_.size() - 1;
    size_t place = (code * uint64_t{0x9E3779B97F4A7C15}) >> 32 & mask;
    while (slots_[place].count > 0 && slots_[place].code != code) place = (place + 1) & mask;
    return place;
  }

  std::vector<Slot> slots_;
};

// What one user's history says about titles that are recommended.
class Evidence {
 public:
  // `norms` is empty if nearest() is not used.
  Evidence(const Bundle& bundle, const TitleNames& names, std::span<const float> norms,
           std::vector<PositiveTitle> watched)
      : bundle_(bundle),
        names_(names),
        norms_(norms),
        watched_(std::move(watched)),
        counts_(names_of_watched()) {
    for (const PositiveTitle& each : watched_) {
      for (const TitleNames::Name name : names_[each.title]) counts_.add(name);
    }
  }

  std::span<const PositiveTitle> watched() const { return watched_; }

  // "because you watched NAME".
  std::string because(const PositiveTitle& watched) const {
    return because_reason(bundle_.titles()[watched.title].name, watched.liked);
  }

  // The nearest watched title by its vector; null: none is near.
  const PositiveTitle* nearest(uint32_t title) const {
    if (norms_.empty()) return nullptr;
    const auto vector = bundle_.vector(title);
    const PositiveTitle* nearest = nullptr;
    float best = kMinSimilarity;
    for (const PositiveTitle& watched : watched_) {
      const float norms = norms_[title] * norms_[watched.title];
      if (watched.title == title || norms == 0) continue;
      const float cosine = dot(vector, bundle_.vector(watched.title)) / norms;
      if (cosine >= best && (nearest == nullptr || cosine > best)) {
        nearest = &watched;
        best = cosine;
      }
    }
    return nearest;
  }

  // "more with ACTOR", "you often watch GENRE", or empty.
  std::string favourite(uint32_t title) const {
    static constexpr Feature kFavourites[] = {Feature::kActor, Feature::kDirector, Feature::kStudio,
                                              Feature::kGenre};
    const auto most = most_watched(title);
    for (const Feature feature : kFavourites) {
      if (const TitleNames::Name* name = most[static_cast<size_t>(feature)]) {
        return favourite_reason(feature, bundle_.titles().feature_name(feature, name->value()));
      }
    }
    return "";
  }

 private:
  size_t names_of_watched() const {
    size_t names = 0;
    for (const PositiveTitle& each : watched_) names += names_[each.title].size();
    return names;
  }

  // How many other watched titles must have a name to make it a favourite.
  int least(Feature feature) const {
    if (feature != Feature::kGenre) return kSharedNames;
    const double share = kGenreShare * static_cast<double>(watched_.size());
    return std::max(kSharedGenres, static_cast<int>(std::ceil(share)));
  }

  // By feature, the name of the title that most other watched titles have, if enough do.
  std::array<const TitleNames::Name*, data::kFeatures> most_watched(uint32_t title) const {
    const bool itself = std::any_of(watched_.begin(), watched_.end(),
                                    [&](const PositiveTitle& each) { return each.title == title; });
    std::array<const TitleNames::Name*, data::kFeatures> most{};
    std::array<int, data::kFeatures> counts{};
    for (const TitleNames::Name& name : names_[title]) {
      const auto f = static_cast<size_t>(name.feature());
      const int count = counts_[name] - (itself ? 1 : 0);
      if (count <= counts[f] || count < least(name.feature())) continue;
      most[f] = &name;
      counts[f] = count;
    }
    return most;
  }

  const Bundle& bundle_;
  const TitleNames& names_;
  const std::span<const float> norms_;
  const std::vector<PositiveTitle> watched_;
  NameCounts counts_;  // of the watched titles
};

}  // namespace

Reasons::Reasons(const Bundle& bundle, const Ranker& ranker)
    : bundle_(bundle), names_(bundle.titles()), ranker_(ranker) {
  std::vector<int64_t> counts;
  for (int64_t i = 1; i <= bundle.titles().size(); ++i) {
    counts.push_back(bundle.titles()[i].popularity);
  }
  const auto rank = static_cast<std::ptrdiff_t>(kPopularShare * static_cast<double>(counts.size()));
  std::nth_element(counts.begin(), counts.begin() + rank, counts.end(), std::greater<>());
  popular_ = std::max<int64_t>(1, counts[static_cast<size_t>(rank)]);
  if (ranker_.gives_contributions() || bundle.facts().similarity != data::TitleSimilarity::kVectors)
    return;
  for (int64_t i = 0; i <= bundle.titles().size(); ++i) {
    norms_.push_back(std::sqrt(dot(bundle.vector(i), bundle.vector(i))));
  }
}

// Titles are scattered in memory: prefetches what is needed of all of them at once.
template <typename Titles>
void Reasons::prefetch(const Titles& titles) const {
  constexpr size_t kLine = 64 / sizeof(float);
  for (const auto& each : titles) {
    __builtin_prefetch(&bundle_.titles()[each.title].name);
    names_.prefetch(each.title);
    if (norms_.empty()) continue;
    __builtin_prefetch(&norms_[each.title]);
    const std::span<const float> vector = bundle_.vector(each.title);
    for (size_t d = 0; d < vector.size(); d += kLine) __builtin_prefetch(&vector[d]);
  }
}

std::vector<std::vector<float>> Reasons::contributions(std::span<const List> lists) const {
  std::vector<std::vector<float>> contributions(lists.size());
  if (!ranker_.gives_contributions()) return contributions;
  std::vector<size_t> which;  // lists with a history and titles
  std::vector<UserHistory> users;
  std::vector<std::vector<uint32_t>> titles;
  for (size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].titles.empty() || lists[i].user->history.titles.empty()) continue;
    which.push_back(i);
    users.push_back(lists[i].user->history);
    auto& of_user = titles.emplace_back();
    for (const ScoredTitle& each : lists[i].titles) of_user.push_back(each.title);
  }
  auto values = ranker_.contributions(users, titles);
  for (size_t row = 0; row < which.size(); ++row) {
    contributions[which[row]] = std::move(values[row]);
  }
  return contributions;
}

std::vector<std::vector<std::string>> Reasons::explain(const User& user,
                                                       std::span<const ScoredTitle> titles) const {
  const List list{&user, titles};
  return explain(list, std::move(contributions({&list, 1}).front()));
}

std::vector<std::vector<std::string>> Reasons::explain(const List& list,
                                                       std::vector<float> contributions) const {
  const auto& [user, titles] = list;
  std::vector<PositiveTitle> watched =
      positive_titles(*user, static_cast<size_t>(bundle_.facts().max_history));
  prefetch(watched);
  prefetch(titles);
  const Evidence evidence(bundle_, names_, norms_, std::move(watched));
  std::optional<Contributions> added;
  if (!contributions.empty()) {
    added.emplace(bundle_, *user, evidence.watched(), std::move(contributions));
  }
  std::vector<std::vector<std::string>> all(titles.size());
  for (size_t i = 0; i < titles.size(); ++i) {
    const uint32_t title = titles[i].title;
    std::vector<std::string>& reasons = all[i];
    const PositiveTitle* const because =
        added ? added->strongest(i, title) : evidence.nearest(title);
    if (because != nullptr) reasons.push_back(evidence.because(*because));
    if (auto reason = evidence.favourite(title); !reason.empty()) {
      reasons.push_back(std::move(reason));
    }
    if (!reasons.empty()) continue;
    if (std::binary_search(user->seen.begin(), user->seen.end(), title)) {
      reasons.emplace_back(kSeenReason);
    } else if (bundle_.titles()[title].popularity >= popular_) {
      reasons.emplace_back(kPopularReason);
    } else {
      reasons.emplace_back(kNewToYouReason);
    }
  }
  return all;
}

}  // namespace marquee::inference
