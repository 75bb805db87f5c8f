#include "serving/pages/row_maker.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "core/text.h"
#include "inference/reason_texts.h"

namespace marquee::serving {

using data::Feature;
using inference::contains;
using inference::PositiveTitle;
using inference::ScoredTitle;
using inference::Title;

namespace {

constexpr size_t kNarrow = 1'000;  // titles

constexpr auto kAny = [](const Title&) { return true; };

}  // namespace

RowMaker::RowMaker(const Pager& pager, const inference::Ranking& ranking,
                   const inference::TitleBitmap& taken, size_t depth)
    : pager_(pager),
      runner_(pager.runner()),
      titles_(runner_.bundle().titles()),
      ranking_(ranking),
      rules_(pager.rules()),
      taken_(taken),
      depth_(depth),
      positives_(positive_titles(ranking.user,
                                 static_cast<size_t>(runner_.bundle().facts().max_history))) {}

std::vector<uint32_t> RowMaker::anchors() const {
  std::vector<uint32_t> anchors;
  for (const PositiveTitle& each : positives_) {
    if (anchors.size() == static_cast<size_t>(rules_.because_rows)) break;
    anchors.push_back(each.title);
  }
  return anchors;
}

void RowMaker::make(const Place& place) const {
  if (rules_.continue_row) make_continue(place);
  if (rules_.top_row) {
    place({RowKind::kTop, "Top picks for you", pick(ranking_.best, kAny), ""});
  }
  if (rules_.because_rows > 0) make_because(place);
  if (rules_.popular_row) make_popular(place);
  if (rules_.new_row) {
    place(
        {RowKind::kNew, "New for you", best_of(pager_.new_titles()), inference::kNewReleaseReason});
  }
  if (rules_.favourite_rows > 0) make_favourites(place);
}

std::vector<ScoredTitle> RowMaker::little_known() const { return best_of(*pager_.little_known()); }

template <typename Titles, typename Fits>
std::vector<ScoredTitle> RowMaker::pick(const Titles& titles, const Fits& fits) const {
  std::vector<ScoredTitle> picked;
  for (const ScoredTitle& each : titles) {
    if (picked.size() == depth_) break;
    if (!contains(taken_, each.title) && fits(titles_[each.title])) picked.push_back(each);
  }
  return picked;
}

std::vector<ScoredTitle> RowMaker::best_of(const std::vector<uint32_t>& titles) const {
  std::vector<uint32_t> fitting;
  for (const uint32_t title : titles) {
    if (!contains(taken_, title)) fitting.push_back(title);
  }
  std::vector<float> scores(fitting.size());
  runner_.ranker().score(ranking_.encoded, fitting, scores);
  std::vector<ScoredTitle> scored;
  for (size_t i = 0; i < fitting.size(); ++i) scored.push_back({fitting[i], scores[i]});
  // A lambda, because a pointer to a function would not be inlined.
  const auto before = [](const ScoredTitle& a, const ScoredTitle& b) {
    return inference::ranks_before(a, b);
  };
  if (scored.size() > depth_) {
    std::nth_element(scored.begin(), scored.begin() + static_cast<std::ptrdiff_t>(depth_),
                     scored.end(), before);
    scored.resize(depth_);
  }
  std::sort(scored.begin(), scored.end(), before);
  return scored;
}

// Titles whose newest event is a play that did not reach the end.
void RowMaker::make_continue(const Place& place) const {
  const auto& user = ranking_.user;
  std::unordered_set<uint32_t> met;
  std::vector<ScoredTitle> unfinished;
  for (size_t i = user.history.titles.size(); i > 0; --i) {
    const uint32_t title = user.history.titles[i - 1];
    const float part = user.history.signals[i - 1];
    if (!met.insert(title).second || user.events[i - 1] != data::Event::kPlay) continue;
    if (part <= 0 || part >= static_cast<float>(rules_.unfinished)) continue;
    if (!ranking_.is_allowed(title)) continue;
    unfinished.push_back({title, part});
    if (unfinished.size() == static_cast<size_t>(rules_.titles_a_row)) break;
  }
  place({RowKind::kContinue, "Continue watching", std::move(unfinished),
         inference::kUnfinishedReason});
}

// Rows for the newest positives, without those similar to the title of an earlier such row.
void RowMaker::make_because(const Place& place) const {
  std::unordered_set<uint32_t> covered;
  int rows = 0;
  for (const auto& [title, liked] : positives_) {
    if (rows == rules_.because_rows) break;
    if (covered.contains(title)) continue;
    const auto similar = pager_.similar().of({&title, 1}).front();
    for (const ScoredTitle& each : *similar) covered.insert(each.title);
    const std::string& name = titles_[title].name;
    const char* verb = liked ? "liked " : "watched ";
    rows += place({RowKind::kBecause, cat("Because you ", verb, name), pick(*similar, kAny),
                   inference::because_reason(name, liked)});
  }
}

void RowMaker::make_popular(const Place& place) const {
  std::vector<ScoredTitle> popular;
  const auto enough = static_cast<size_t>(rules_.candidates);
  for (const uint32_t title : runner_.most_watched()) {
    if (popular.size() == enough) break;
    popular.push_back({title, static_cast<float>(titles_[title].popularity)});
  }
  place({RowKind::kPopular, "Popular now", pick(popular, kAny), inference::kPopularReason});
}

// What many of the user's positives share: genres, people, studios, the most shared first. A user
// without positives gets the genres that most candidates have.
std::vector<RowMaker::Favourite> RowMaker::favourites() const {
  struct Kind {
    Feature feature;
    int least;
    double weight;  // one shared actor says more than one shared genre
  };
  constexpr Kind kKinds[] = {{Feature::kGenre, 3, 1},
                             {Feature::kActor, 2, 3},
                             {Feature::kDirector, 2, 3},
                             {Feature::kStudio, 3, 1.5}};
  std::vector<Favourite> favourites;
  for (const auto& [feature, least, weight] : kKinds) {
    if (positives_.empty() && feature != Feature::kGenre) continue;
    std::map<uint32_t, int> counts;
    const auto count = [&, of = feature](uint32_t title) {
      for (const uint32_t name : titles_[title][of]) ++counts[name];
    };
    for (const PositiveTitle& each : positives_) count(each.title);
    if (positives_.empty()) {
      for (const ScoredTitle& each : ranking_.best) count(each.title);
    }
    for (const auto& [name, n] : counts) {
      if (n >= least) favourites.push_back({feature, name, n * weight});
    }
  }
  std::stable_sort(favourites.begin(), favourites.end(),
                   [](const Favourite& a, const Favourite& b) { return a.weight > b.weight; });
  return favourites;
}

RowDraft RowMaker::favourite_row(const Favourite& favourite) const {
  const auto& [feature, name, weight] = favourite;
  const auto has_it = [&, of = feature, wanted = name](const Title& title) {
    return std::find(title[of].begin(), title[of].end(), wanted) != title[of].end();
  };
  // A broad one has enough titles among the candidates; a narrow one is quick to score in full.
  const auto& all = pager_.titles_with(feature, name);
  auto titles = all.size() > kNarrow ? pick(ranking_.best, has_it) : best_of(all);
  const std::string shown(titles_.feature_name(feature, name));
  const std::string words = feature == Feature::kGenre      ? shown
                            : feature == Feature::kActor    ? "With " + shown
                            : feature == Feature::kDirector ? "By " + shown
                                                            : "From " + shown;
  return {RowKind::kFavourite, words, std::move(titles),
          positives_.empty() ? "popular in " + shown : inference::favourite_reason(feature, shown)};
}

void RowMaker::make_favourites(const Place& place) const {
  int rows = 0, of_genres = 0;
  for (const Favourite& each : favourites()) {
    if (rows == rules_.favourite_rows) break;
    const bool genre = each.feature == Feature::kGenre;
    if (!positives_.empty() && genre && of_genres == rules_.genre_rows) continue;
    if (!place(favourite_row(each))) continue;
    ++rows;
    of_genres += genre;
  }
}

}  // namespace marquee::serving
