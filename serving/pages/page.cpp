#include "serving/pages/page.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>

#include "core/text.h"
#include "inference/reason_texts.h"

namespace marquee::serving {

using data::Feature;
using inference::AnsweredTitle;
using inference::PositiveTitle;
using inference::Ranking;
using inference::Request;
using inference::Result;
using inference::Runner;
using inference::ScoredTitle;
using inference::Title;

namespace {

constexpr size_t kNarrow = 1'000;          // titles
constexpr size_t kCachedSimilar = 16'384;  // lists
constexpr size_t kMostNew = 5'000;

std::vector<std::string> genres_of(const inference::TitleTable& titles, const Title& title) {
  std::vector<std::string> names;
  for (const uint32_t genre : title[Feature::kGenre]) {
    names.emplace_back(titles.feature_name(Feature::kGenre, genre));
  }
  return names;
}

// Makes one user's page.
class Assembly {
 public:
  Assembly(const Pager& pager, const Ranking& ranking)
      : pager_(pager),
        runner_(pager.runner()),
        titles_(runner_.bundle().titles()),
        ranking_(ranking),
        rules_(pager.rules()),
        positives_(positive_titles(ranking.user,
                                   static_cast<size_t>(runner_.bundle().facts().max_history))) {}

  // Titles that rows are likely to be about.
  std::vector<uint32_t> anchors() const {
    std::vector<uint32_t> anchors;
    for (const PositiveTitle& each : positives_) {
      if (anchors.size() == static_cast<size_t>(rules_.because_rows)) break;
      anchors.push_back(each.title);
    }
    return anchors;
  }

  std::vector<PageRow> rows() {
    if (rules_.continue_row) add_continue();
    if (rules_.top_row) add_top();
    if (rules_.because_rows > 0) add_because();
    if (rules_.popular_row) add_popular();
    if (rules_.new_row) add_new();
    if (rules_.favourite_rows > 0) add_favourites();
    return std::move(rows_);
  }

 private:
  void add_continue();
  void add_top();
  void add_because();
  void add_popular();
  void add_new();
  void add_favourites();

  // A row of the titles that are eligible, pass `fits` and are in no row yet, in their order.
  template <typename Titles, typename Fits>
  std::vector<ScoredTitle> pick(const Titles& titles, const Fits& fits) const;

  // Adds nothing and returns false if the row is too short.
  bool add_row(RowKind kind, std::string name, const std::vector<ScoredTitle>& titles,
               const std::vector<std::vector<std::string>>& reasons);
  bool add_row(RowKind kind, std::string name, const std::vector<ScoredTitle>& titles,
               const std::string& reason) {
    return add_row(kind, std::move(name), titles,
                   std::vector<std::vector<std::string>>(titles.size(), {reason}));
  }

  // A row of the best of `titles` for the user.
  std::vector<ScoredTitle> best_of(const std::vector<uint32_t>& titles) const;

  const Pager& pager_;
  const Runner& runner_;
  const inference::TitleTable& titles_;
  const Ranking& ranking_;
  const PageConfig& rules_;
  const std::vector<PositiveTitle> positives_;
  std::unordered_set<uint32_t> shown_;
  std::vector<PageRow> rows_;
};

template <typename Titles, typename Fits>
std::vector<ScoredTitle> Assembly::pick(const Titles& titles, const Fits& fits) const {
  std::vector<ScoredTitle> picked;
  for (const ScoredTitle& each : titles) {
    if (picked.size() == static_cast<size_t>(rules_.titles_a_row)) break;
    if (shown_.contains(each.title) || !fits(titles_[each.title])) continue;
    if (ranking_.is_eligible(each.title)) picked.push_back(each);
  }
  return picked;
}

bool Assembly::add_row(RowKind kind, std::string name, const std::vector<ScoredTitle>& titles,
                       const std::vector<std::vector<std::string>>& reasons) {
  const size_t least =
      kind == RowKind::kContinue ? 1 : static_cast<size_t>(rules_.least_titles_a_row);
  if (titles.size() < least) return false;
  PageRow& row = rows_.emplace_back(PageRow{kind, std::move(name), {}});
  for (size_t i = 0; i < titles.size(); ++i) {
    shown_.insert(titles[i].title);
    AnsweredTitle& item = row.items.emplace_back(runner_.named(titles[i], reasons[i]));
    const Title& title = titles_[titles[i].title];
    item.year = title.year;
    item.genres = genres_of(titles_, title);
  }
  return true;
}

constexpr auto kAny = [](const Title&) { return true; };

// Titles whose newest event is a play that did not reach the end.
void Assembly::add_continue() {
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
  add_row(RowKind::kContinue, "Continue watching", unfinished, inference::kUnfinishedReason);
}

void Assembly::add_top() {
  const auto best = pick(ranking_.best, kAny);
  add_row(RowKind::kTop, "Top picks for you", best, runner_.reasons().explain(ranking_.user, best));
}

// Rows for the newest positives, without those similar to the title of an earlier such row.
void Assembly::add_because() {
  std::unordered_set<uint32_t> covered;
  int rows = 0;
  for (const auto& [title, liked] : positives_) {
    if (rows == rules_.because_rows) break;
    if (covered.contains(title)) continue;
    const auto similar = pager_.similar().of({&title, 1}).front();
    for (const ScoredTitle& each : *similar) covered.insert(each.title);
    const std::string& name = titles_[title].name;
    const char* verb = liked ? "liked " : "watched ";
    rows += add_row(RowKind::kBecause, cat("Because you ", verb, name), pick(*similar, kAny),
                    inference::because_reason(name, liked));
  }
}

void Assembly::add_popular() {
  std::vector<ScoredTitle> popular;
  const auto enough = static_cast<size_t>(rules_.candidates);
  for (const uint32_t title : runner_.most_watched()) {
    if (popular.size() == enough) break;
    popular.push_back({title, static_cast<float>(titles_[title].popularity)});
  }
  add_row(RowKind::kPopular, "Popular now", pick(popular, kAny), inference::kPopularReason);
}

void Assembly::add_new() {
  add_row(RowKind::kNew, "New for you", best_of(pager_.new_titles()), inference::kNewReleaseReason);
}

std::vector<ScoredTitle> Assembly::best_of(const std::vector<uint32_t>& titles) const {
  std::vector<uint32_t> fitting;
  for (const uint32_t title : titles) {
    if (!shown_.contains(title) && ranking_.is_eligible(title)) fitting.push_back(title);
  }
  std::vector<float> scores(fitting.size());
  runner_.ranker().score(ranking_.encoded, fitting, scores);
  std::vector<ScoredTitle> scored;
  for (size_t i = 0; i < fitting.size(); ++i) scored.push_back({fitting[i], scores[i]});
  const auto most = std::min(scored.size(), static_cast<size_t>(rules_.titles_a_row));
  std::partial_sort(scored.begin(), scored.begin() + static_cast<std::ptrdiff_t>(most),
                    scored.end(), inference::ranks_before);
  scored.resize(most);
  return scored;
}

// What many of the user's positives share: genres, people, studios. A user without positives gets
// the genres that most candidates have.
void Assembly::add_favourites() {
  struct Favourite {
    Feature feature;
    uint32_t name;
    double weight;
  };
  struct Kind {
    Feature feature;
    int least;
    double weight;  // one shared actor says more than one shared genre
  };
  constexpr Kind kKinds[] = {{Feature::kGenre, 3, 1},
                             {Feature::kActor, 2, 3},
                             {Feature::kDirector, 2, 3},
                             {Feature::kStudio, 3, 1.5}};
  const bool is_new = positives_.empty();
  std::vector<Favourite> favourites;
  for (const auto& [feature, least, weight] : kKinds) {
    if (is_new && feature != Feature::kGenre) continue;
    std::map<uint32_t, int> counts;
    const auto count = [&, of = feature](uint32_t title) {
      for (const uint32_t name : titles_[title][of]) ++counts[name];
    };
    for (const PositiveTitle& each : positives_) count(each.title);
    if (is_new) {
      for (const ScoredTitle& each : ranking_.best) count(each.title);
    }
    for (const auto& [name, n] : counts) {
      if (n >= least) favourites.push_back({feature, name, n * weight});
    }
  }
  std::stable_sort(favourites.begin(), favourites.end(),
                   [](const Favourite& a, const Favourite& b) { return a.weight > b.weight; });
  int rows = 0, of_genres = 0;
  for (const auto& [feature, name, weight] : favourites) {
    if (rows == rules_.favourite_rows) break;
    if (!is_new && feature == Feature::kGenre && of_genres == rules_.genre_rows) continue;
    const auto has_it = [&, of = feature, wanted = name](const Title& title) {
      return std::find(title[of].begin(), title[of].end(), wanted) != title[of].end();
    };
    // A broad one has enough titles among the candidates; a narrow one is quick to score in full.
    const auto& all = pager_.titles_with(feature, name);
    const auto titles = all.size() > kNarrow ? pick(ranking_.best, has_it) : best_of(all);
    const std::string shown(titles_.feature_name(feature, name));
    const std::string words = feature == Feature::kGenre      ? shown
                              : feature == Feature::kActor    ? "With " + shown
                              : feature == Feature::kDirector ? "By " + shown
                                                              : "From " + shown;
    const std::string reason =
        is_new ? "popular in " + shown : inference::favourite_reason(feature, shown);
    if (!add_row(RowKind::kFavourite, words, titles, reason)) continue;
    ++rows;
    of_genres += feature == Feature::kGenre;
  }
}

}  // namespace

Pager::Pager(const Runner& runner, const PageConfig& rules)
    : runner_(runner),
      rules_(rules),
      similar_(runner.ranker(), 5 * rules.titles_a_row, kCachedSimilar) {
  const auto& titles = runner.bundle().titles();
  for (size_t f = 0; f < titles_with_.size(); ++f) {
    titles_with_[f].resize(titles.feature_names(static_cast<Feature>(f)).size());
  }
  int newest = 0;
  for (int64_t i = 1; i <= titles.size(); ++i) {
    newest = std::max(newest, titles[i].year);
    for (size_t f = 0; f < titles_with_.size(); ++f) {
      for (const uint32_t name : titles[i].features[f]) {
        titles_with_[f][name].push_back(static_cast<uint32_t>(i));
      }
    }
  }
  for (const uint32_t title : runner.most_watched()) {
    const bool is_new = titles[title].year > newest - rules.new_years;
    if (is_new && new_titles_.size() < kMostNew) new_titles_.push_back(title);
  }
}

PageAnswer Pager::popular(const Request& request) const {
  Request row_request = request;
  row_request.k = rules_.titles_a_row;
  row_request.include_seen = false;
  inference::Answer answer = runner_.popular(row_request);
  const auto& titles = runner_.bundle().titles();
  for (AnsweredTitle& item : answer.items) {
    const Title& title = titles[titles.find(item.title_id)];
    item.year = title.year;
    item.genres = genres_of(titles, title);
  }
  PageAnswer page{answer.id, answer.model, {}, answer.unknown_titles, /*degraded=*/true};
  if (!answer.items.empty()) page.rows.push_back({RowKind::kPopular, "Popular now", answer.items});
  return page;
}

std::vector<Result<PageAnswer>> Pager::pages(std::span<const Request> requests) const {
  std::vector<Request> candidate_requests(requests.begin(), requests.end());
  for (Request& request : candidate_requests) {
    request.k = rules_.candidates;
    request.include_seen = false;
  }
  const auto rankings = runner_.try_rank(candidate_requests);
  std::vector<uint32_t> anchors;
  for (const auto& ranking : rankings) {
    if (std::holds_alternative<Error>(ranking)) continue;
    const auto own = Assembly(*this, std::get<Ranking>(ranking)).anchors();
    anchors.insert(anchors.end(), own.begin(), own.end());
  }
  similar_.of(anchors);  // in one pass; each page then finds its own in the cache
  std::vector<Result<PageAnswer>> pages;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (const auto* error = std::get_if<Error>(&rankings[i])) {
      pages.emplace_back(*error);
      continue;
    }
    const auto& ranking = std::get<Ranking>(rankings[i]);
    pages.emplace_back(PageAnswer{requests[i].id, runner_.bundle().name(),
                                  Assembly(*this, ranking).rows(), ranking.unknown_titles});
  }
  return pages;
}

}  // namespace marquee::serving
