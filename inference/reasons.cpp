#include "inference/reasons.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "inference/content.h"

namespace marquee::inference {

namespace {

using data::Feature;

constexpr float kLikeness = 0.5f;     // cosine from which one title explains another
constexpr int kSharedNames = 2;       // watched titles that make an actor a favourite
constexpr int kSharedGenres = 3;      // and a genre,
constexpr double kGenreShare = 0.25;  // if they are this part of all
constexpr double kPopularShare = 0.2;

// What one member's history says about titles that are recommended to them.
class Evidence {
 public:
  // `norms` is empty where vectors say nothing of likeness.
  Evidence(const Bundle& bundle, std::span<const float> norms, const Member& member)
      : bundle_(bundle),
        norms_(norms),
        watched_(enjoyed_titles(member, static_cast<size_t>(bundle.facts().max_history))) {
    for (const EnjoyedTitle& watched : watched_) {
      const Title& title = bundle.titles()[watched.title];
      for (size_t f = 0; f < counts_.size(); ++f) {
        for (const uint32_t value : title.features[f]) ++counts_[f][value];
      }
    }
  }

  // "because you watched NAME", or empty.
  std::string likeness(uint32_t title) const {
    if (norms_.empty()) return "";
    const auto vector = bundle_.vector(title);
    const EnjoyedTitle* nearest = nullptr;
    float best = kLikeness;
    for (const EnjoyedTitle& watched : watched_) {
      const float norms = norms_[title] * norms_[watched.title];
      if (watched.title == title || norms == 0) continue;
      const float cosine = dot(vector, bundle_.vector(watched.title)) / norms;
      if (cosine >= best && (nearest == nullptr || cosine > best)) {
        nearest = &watched;
        best = cosine;
      }
    }
    if (nearest == nullptr) return "";
    return (nearest->liked ? "because you liked " : "because you watched ") +
           bundle_.titles()[nearest->title].name;
  }

  // "more with ACTOR", "you often watch GENRE", or empty.
  std::string favourite(uint32_t title) const {
    struct Phrase {
      Feature feature;
      const char* words;
      int least;
    };
    const int genre_titles =
        std::max(kSharedGenres,
                 static_cast<int>(std::ceil(kGenreShare * static_cast<double>(watched_.size()))));
    const std::array<Phrase, 4> phrases = {{{Feature::kActor, "more with ", kSharedNames},
                                            {Feature::kDirector, "more by ", kSharedNames},
                                            {Feature::kStudio, "more from ", kSharedNames},
                                            {Feature::kGenre, "you often watch ", genre_titles}}};
    for (const auto& [feature, words, least] : phrases) {
      if (const uint32_t* name = most_watched(feature, title, least)) {
        return words + std::string(bundle_.titles().feature_name(feature, *name));
      }
    }
    return "";
  }

 private:
  // The title's name that most other watched titles have, if at least `least` do.
  const uint32_t* most_watched(Feature feature, uint32_t title, int least) const {
    const auto& counts = counts_[static_cast<size_t>(feature)];
    const bool itself =
        std::any_of(watched_.begin(), watched_.end(),
                    [&](const EnjoyedTitle& watched) { return watched.title == title; });
    const uint32_t* best = nullptr;
    int most = least - 1;
    for (const uint32_t& value : bundle_.titles()[title][feature]) {
      const auto found = counts.find(value);
      const int count = found == counts.end() ? 0 : found->second - (itself ? 1 : 0);
      if (count > most) {
        most = count;
        best = &value;
      }
    }
    return best;
  }

  const Bundle& bundle_;
  const std::span<const float> norms_;
  const std::vector<EnjoyedTitle> watched_;
  // How many watched titles have a name.
  std::array<std::unordered_map<uint32_t, int>, data::kFeatures> counts_;
};

}  // namespace

Reasons::Reasons(const Bundle& bundle) : bundle_(bundle) {
  std::vector<int64_t> counts;
  for (int64_t i = 1; i <= bundle.titles().size(); ++i) {
    counts.push_back(bundle.titles()[i].popularity);
  }
  const auto rank = static_cast<std::ptrdiff_t>(kPopularShare * static_cast<double>(counts.size()));
  std::nth_element(counts.begin(), counts.begin() + rank, counts.end(), std::greater<>());
  popular_ = std::max<int64_t>(1, counts[static_cast<size_t>(rank)]);
  if (bundle.facts().similar != "vectors") return;
  for (int64_t i = 0; i <= bundle.titles().size(); ++i) {
    norms_.push_back(std::sqrt(dot(bundle.vector(i), bundle.vector(i))));
  }
}

std::vector<std::vector<std::string>> Reasons::explain(const Member& member,
                                                       std::span<const ScoredTitle> titles) const {
  const Evidence evidence(bundle_, norms_, member);
  std::vector<std::vector<std::string>> all;
  all.reserve(titles.size());
  for (const auto& [title, score] : titles) {
    auto& reasons = all.emplace_back();
    for (std::string reason : {evidence.likeness(title), evidence.favourite(title)}) {
      if (!reason.empty()) reasons.push_back(std::move(reason));
    }
    if (!reasons.empty()) continue;
    if (std::binary_search(member.seen.begin(), member.seen.end(), title)) {
      reasons.emplace_back("already in your history");
    } else if (bundle_.titles()[title].popularity >= popular_) {
      reasons.emplace_back("popular with members");
    } else {
      reasons.emplace_back("new to you");
    }
  }
  return all;
}

}  // namespace marquee::inference
