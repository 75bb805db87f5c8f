#include "serving/pages/page.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/fnv.h"
#include "inference/reason_texts.h"
#include "serving/pages/page_reasons.h"
#include "serving/pages/row_maker.h"

namespace marquee::serving {

using data::Feature;
using inference::AnsweredTitle;
using inference::contains;
using inference::insert;
using inference::Ranking;
using inference::Request;
using inference::Result;
using inference::Runner;
using inference::ScoredTitle;

namespace {

constexpr size_t kCachedSimilar = 16'384;  // lists
constexpr size_t kMostNew = 5'000;
constexpr size_t kDepth = 3;  // candidates for each slot, where some sink or are in other rows
constexpr int64_t kDay = 86'400;

inference::TitleBitmap not_eligible(const Ranking& ranking, int64_t titles) {
  auto bitmap = inference::empty_bitmap(titles);
  if (ranking.allowed) {
    for (size_t i = 0; i < bitmap.size(); ++i) bitmap[i] = ~(*ranking.allowed)[i];
  }
  for (const uint32_t title : ranking.excluded) insert(bitmap, title);
  return bitmap;
}

// The same for a user on a day, so that a page stays as it is when it is loaded again.
RandomStream draws_of(uint64_t seed, const char* stream, const Request& request,
                      const Ranking& ranking) {
  Fnv1a who;
  if (request.user_id) {
    who.add(*request.user_id);
  } else {
    for (const uint32_t title : ranking.user.history.titles) who.add(uint64_t{title});
  }
  who.add(static_cast<uint64_t>(request.at.value_or(0) / kDay));
  return {seed, stream, who.value()};
}

// Puts one user's page together.
class Assembly {
 public:
  Assembly(const Pager& pager, const Ranking& ranking, const Request& request)
      : pager_(pager), runner_(pager.runner()), ranking_(ranking), request_(request) {
    if (runner_.floors() != nullptr) bonuses_ = runner_.floors()->bonuses();
  }

  void fill(PageAnswer& page) {
    if (pager_.policy() == nullptr) {
      const auto slots = static_cast<size_t>(pager_.rules().titles_a_row);
      RowMaker(pager_, ranking_, taken_, depth(slots)).make([&](RowDraft draft) {
        diversify(draft, slots, sink_repeated(draft));
        return add(std::move(draft), 1, {});
      });
    } else {
      page.policy = pager_.policy()->id();
      choose(*pager_.policy(), page);
    }
    explain(rows_, runner_, ranking_.user);
    page.rows = std::move(rows_);
    if (bonuses_) runner_.floors()->shown(shown_);
  }

 private:
  // More candidates than slots, where some of them sink or rows are diverse.
  size_t depth(size_t slots) const {
    const int diverse = inference::Diversifier::candidates(diversity_, static_cast<int>(slots));
    return std::max<size_t>(diverse, repeated_.empty() ? slots : kDepth * slots);
  }
  void diversify(RowDraft& draft, size_t slots, size_t first) const;
  size_t sink_repeated(RowDraft& draft) const;
  std::vector<size_t> try_titles(RowDraft& draft, std::vector<double>& propensities);
  void leave_out_taken(RowDraft& draft) const;
  bool is_enough(const RowDraft& draft) const;
  bool add(RowDraft draft, double propensity, std::vector<double> propensities);
  void choose(const RowPolicy& policy, PageAnswer& page);
  void place(const RowPolicy& policy, RowDraft draft, double propensity, RandomStream& random);

  const Pager& pager_;
  const Runner& runner_;
  const Ranking& ranking_;
  const Request& request_;
  const inference::Diversity diversity_ = runner_.diversity(request_);
  const std::unordered_set<TitleKey> repeated_ = pager_.repeated(request_);
  const std::vector<uint32_t> disliked_ =
      inference::disliked_titles(ranking_.user.history, diversity_);
  const std::vector<uint32_t> recent_ = pager_.recent(request_, diversity_);
  inference::TitleBitmap taken_ = not_eligible(ranking_, runner_.bundle().titles().size());
  std::optional<inference::TitleBonuses> bonuses_;  // none: no floors
  std::vector<PageRow> rows_;
  std::vector<std::vector<ScoredTitle>> shown_;  // its rows, where there are floors
};

// What was shown again and again and never watched comes last. → how many titles come before it.
size_t Assembly::sink_repeated(RowDraft& draft) const {
  if (repeated_.empty() || draft.kind == RowKind::kContinue) return draft.candidates.size();
  const auto& titles = runner_.bundle().titles();
  const auto sunk = std::ranges::stable_partition(draft.candidates, [&](const ScoredTitle& each) {
    return !repeated_.contains(title_key(titles[each.title].id));
  });
  return draft.candidates.size() - sunk.size();
}

// Of the first candidates; the others follow them. What was begun, and what is most popular, is
// what it is.
void Assembly::diversify(RowDraft& draft, size_t slots, size_t first) const {
  auto& titles = draft.candidates;
  const bool chosen = draft.kind != RowKind::kContinue && draft.kind != RowKind::kPopular;
  if (chosen && diversity_.active()) {
    auto list = runner_.diversifier().choose(std::span(titles).first(first),
                                             static_cast<int>(slots), diversity_,
                                             {.history = ranking_.user.history.titles,
                                              .recent = recent_,
                                              .disliked = disliked_,
                                              .bonuses = bonuses_ ? &*bonuses_ : nullptr});
    draft.relaxed = list.relaxed;
    list.titles.insert(list.titles.end(), titles.begin() + static_cast<std::ptrdiff_t>(first),
                       titles.end());
    titles = std::move(list.titles);
  }
  titles.resize(std::min(titles.size(), slots));
}

// Unfinished titles are in no other row, and not eligible for any.
void Assembly::leave_out_taken(RowDraft& draft) const {
  if (draft.kind == RowKind::kContinue) return;
  std::erase_if(draft.candidates, [&](const auto& each) { return contains(taken_, each.title); });
}

bool Assembly::is_enough(const RowDraft& draft) const {
  const int least = draft.kind == RowKind::kContinue ? 1 : pager_.rules().least_titles_a_row;
  return std::cmp_greater_equal(draft.candidates.size(), least);
}

// Gives a share of the top row's places, evenly spread, to titles that hardly anybody has watched.
// They replace the last ones; → where they are.
std::vector<size_t> Assembly::try_titles(RowDraft& draft, std::vector<double>& propensities) {
  const TitleTrials* trials = pager_.trials();
  const PageConfig& rules = pager_.rules();
  if (trials == nullptr || draft.kind != RowKind::kTop) return {};
  const size_t slots = draft.candidates.size();
  const auto most = static_cast<size_t>(rules.try_candidates);
  auto titles = RowMaker(pager_, ranking_, taken_, slots + most).little_known();
  std::erase_if(titles, [&](const ScoredTitle& each) {
    return std::ranges::any_of(draft.candidates,
                               [&](const auto& shown) { return shown.title == each.title; });
  });
  titles.resize(std::min(titles.size(), most));
  std::vector<TitleKey> keys;
  for (const ScoredTitle& each : titles) {
    keys.push_back(title_key(runner_.bundle().titles()[each.title].id));
  }
  const std::vector<Trial> known = trials->of(keys);
  RandomStream random = draws_of(0, "try titles", request_, ranking_);
  const auto count = static_cast<size_t>(std::ceil(rules.try_share * double(slots)));
  const auto chosen = choose_trials(known, trials->all(), count, random);
  if (chosen.empty()) return {};
  propensities.resize(slots, 1);
  std::vector<size_t> places;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const size_t place = (2 * i + 1) * slots / (2 * chosen.size());
    const auto at = static_cast<std::ptrdiff_t>(place);
    draft.candidates.insert(draft.candidates.begin() + at, titles[chosen[i].index]);
    propensities.insert(propensities.begin() + at, chosen[i].propensity);
    places.push_back(place);
  }
  draft.candidates.resize(slots);
  propensities.resize(slots);
  return places;
}

// Adds nothing and returns false if the row is too short.
bool Assembly::add(RowDraft draft, double propensity, std::vector<double> propensities) {
  if (!is_enough(draft)) return false;
  const auto tried = try_titles(draft, propensities);
  PageRow& row = rows_.emplace_back(PageRow{draft.kind, std::move(draft.name), {}});
  row.propensity = propensity;
  row.propensities = std::move(propensities);
  row.tried = tried;
  row.relaxed = inference::relaxed_names(draft.relaxed);
  for (const ScoredTitle& each : draft.candidates) {
    insert(taken_, each.title);
    row.items.push_back(runner_.detailed(each, {}));
    if (!draft.reason.empty()) row.items.back().reasons = {draft.reason};
  }
  for (const size_t place : tried) row.items[place].reasons = {inference::kTriedReason};
  if (bonuses_) shown_.push_back(std::move(draft.candidates));
  return true;
}

// All rows are made first, so that the policy chooses among those that can be filled.
void Assembly::choose(const RowPolicy& policy, PageAnswer& page) {
  const auto slots = static_cast<size_t>(pager_.rules().titles_a_row);
  const RowMaker maker(pager_, ranking_, taken_, std::max(kDepth * slots, policy.candidates()));
  std::vector<RowDraft> drafts;
  maker.make([&](RowDraft draft) {
    if (!is_enough(draft)) return false;
    sink_repeated(draft);
    drafts.push_back(std::move(draft));
    return true;
  });
  const UserFeatures features =
      user_features(ranking_, maker.positives(), runner_.bundle().titles());
  page.features.assign(features.begin(), features.end());
  RandomStream random = draws_of(policy.seed(), "page", request_, ranking_);
  while (std::cmp_less(rows_.size(), policy.most_rows())) {
    for (RowDraft& draft : drafts) leave_out_taken(draft);
    std::erase_if(drafts, [&](const RowDraft& draft) { return !is_enough(draft); });
    if (drafts.empty()) break;
    std::vector<RowKind> offered;
    for (const RowDraft& draft : drafts) offered.push_back(draft.kind);
    const Choice choice =
        policy.next_row(features, static_cast<int>(rows_.size()), offered, random);
    const auto chosen = drafts.begin() + static_cast<std::ptrdiff_t>(choice.index);
    place(policy, std::move(*chosen), choice.propensity, random);
    for (const RowKind kind : offered) rows_.back().offered |= 1U << static_cast<unsigned>(kind);
    drafts.erase(chosen);
  }
}

void Assembly::place(const RowPolicy& policy, RowDraft draft, double propensity,
                     RandomStream& random) {
  const auto slots = static_cast<size_t>(pager_.rules().titles_a_row);
  const auto choices = policy.fill(draft.kind, draft.candidates, slots, random);
  std::vector<ScoredTitle> titles;
  std::vector<double> propensities;
  bool drawn = false;
  for (const Choice& choice : choices) {
    titles.push_back(draft.candidates[choice.index]);
    propensities.push_back(choice.propensity);
    drawn |= choice.propensity < 1;
  }
  draft.candidates = std::move(titles);
  add(std::move(draft), propensity, drawn ? std::move(propensities) : std::vector<double>());
}

}  // namespace

Pager::Pager(const Runner& runner, const PageConfig& rules, PageSources sources)
    : runner_(runner),
      rules_(rules),
      sources_(std::move(sources)),
      similar_(runner.ranker(), 5 * rules.titles_a_row, kCachedSimilar) {
  const auto& titles = runner.bundle().titles();
  for (size_t f = 0; f < titles_with_.size(); ++f) {
    titles_with_[f].resize(titles.feature_names(static_cast<Feature>(f)).size());
  }
  const int newest = titles.newest_year();
  for (int64_t i = 1; i <= titles.size(); ++i) {
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
  if (rules.try_share > 0) find_little_known();
  if (runner.diversity({}).recent == 0) return;
  for (int64_t i = 1; i <= titles.size(); ++i) {
    by_key_[title_key(titles[i].id)] = static_cast<uint32_t>(i);
  }
}

std::vector<uint32_t> Pager::recent(const Request& request,
                                    const inference::Diversity& diversity) const {
  if (diversity.recent == 0 || sources_.recent == nullptr || !request.user_id) return {};
  const auto most = static_cast<size_t>(diversity.recent);
  std::vector<uint32_t> recent;
  for (const TitleKey key : sources_.recent->last_shown(*request.user_id, most)) {
    if (const auto title = by_key_.find(key); title != by_key_.end())
      recent.push_back(title->second);
  }
  return recent;
}

std::unordered_set<TitleKey> Pager::repeated(const Request& request) const {
  if (rules_.repeat_pages == 0 || sources_.recent == nullptr || !request.user_id) return {};
  const auto keys = sources_.recent->repeated(*request.user_id, rules_);
  return {keys.begin(), keys.end()};
}

PageAnswer Pager::popular(const Request& request) const {
  Request row_request = request;
  row_request.k = rules_.titles_a_row;
  row_request.include_seen = false;
  inference::Answer answer = runner_.popular(row_request);
  const auto& titles = runner_.bundle().titles();
  for (AnsweredTitle& item : answer.items) {
    const auto title = static_cast<uint32_t>(titles.find(item.title_id));
    item = runner_.detailed({title, item.score}, std::move(item.reasons));
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
    request.as_ranked = true;  // rows are diverse, each for itself
  }
  const auto rankings = runner_.try_rank(candidate_requests);
  std::vector<uint32_t> anchors;
  for (const auto& ranking : rankings) {
    if (std::holds_alternative<Error>(ranking)) continue;
    const inference::TitleBitmap none;
    const auto own = RowMaker(*this, std::get<Ranking>(ranking), none, 0).anchors();
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
    PageAnswer page{requests[i].id, runner_.bundle().name(), {}, ranking.unknown_titles};
    Assembly(*this, ranking, requests[i]).fill(page);
    pages.emplace_back(std::move(page));
  }
  return pages;
}

}  // namespace marquee::serving
