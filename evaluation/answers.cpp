#include "evaluation/answers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/ranker.h"

namespace marquee::evaluation {

namespace {

using inference::UserHistory;
using List = std::vector<inference::ScoredTitle>;

constexpr float kNoAnswer = std::numeric_limits<float>::quiet_NaN();

constexpr int64_t kFloatsARange = 16 << 20;  // of encoded users
constexpr int64_t kListsTogether = 16;       // before floors of exposure look at what was shown

// Test users [begin, end) with their histories as titles of the bundle.
struct Range {
  int64_t begin = 0, end = 0;
  std::vector<UserHistory> histories;
  std::vector<std::vector<uint32_t>> seen;  // ascending, distinct
  std::vector<std::vector<uint32_t>> targets;
  std::vector<float> rows;  // [users, width]

  int64_t size() const { return end - begin; }
};

class Respondent {
 public:
  Respondent(const inference::Bundle& bundle, const TitleMap& titles, const Questions& questions)
      : bundle_(bundle),
        titles_(titles),
        questions_(questions),
        ranker_(bundle),
        diversifier_(bundle) {
    const size_t targets = questions.test_users.targets.size();
    answers_.full_ranks.resize(targets);
    answers_.sampled_ranks.resize(targets);
    if (questions.candidates != nullptr) answers_.candidate_ranks.assign(targets, kUnranked);
    answers_.lists.resize(questions.test_users.users.size() * kListLength);
    answers_.diversified.assign(questions.diversities.size(),
                                {answers_.full_ranks, answers_.lists});
    for (const auto& diversity : questions.diversities) {
      floors_.push_back(diversity.floors.any() ? std::make_unique<inference::ExposureFloors>(
                                                     bundle.titles(), diversity.floors)
                                               : nullptr);
    }
    if (ranker_.predicts_ratings()) {
      answers_.predicted_ratings.assign(targets, kNoAnswer);
    }
  }

  int64_t users_a_range() const {
    return std::clamp<int64_t>(kFloatsARange / ranker_.width(), 1, questions_.users_at_once);
  }

  void answer(int64_t begin, int64_t end) {
    const Range range = prepare(begin, end);
    rank_all_titles(range);
    parallel_for(range.size(), 64, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) rank_few_titles(range, i);
    });
    if (!answers_.predicted_ratings.empty()) predict_ratings(range);
  }

  Answers take() { return std::move(answers_); }

 private:
  Range prepare(int64_t begin, int64_t end) const;
  UserHistory known_history(const data::Case& test_user) const;
  void rank_targets(const Range& range, std::span<const inference::Query> queries);
  void rank_all_titles(const Range& range);
  void diversify(const Range& range, size_t d, const std::vector<List>& found);
  List diversify(const Range& range, int64_t i, size_t d, const List& best,
                 const inference::TitleBonuses* bonuses);
  void rank_few_titles(const Range& range, int64_t i);
  void rank_among(std::span<const uint32_t> candidates, const Range& range, int64_t i,
                  Ranks& ranks) const;
  void predict_ratings(const Range& range);
  void check_finite(std::span<const float> scores) const;

  const inference::Bundle& bundle_;
  const TitleMap& titles_;
  const Questions& questions_;
  inference::Ranker ranker_;
  inference::Diversifier diversifier_;
  std::vector<std::unique_ptr<inference::ExposureFloors>> floors_;  // of each diversity; null: none
  Answers answers_;
};

Range Respondent::prepare(int64_t begin, int64_t end) const {
  const TestUsers& test_users = questions_.test_users;
  Range range;
  range.begin = begin;
  range.end = end;
  auto cases = data::cases(questions_.dataset, test_users.stage, test_users.users[begin],
                           test_users.users[end - 1] + 1);
  for (data::Case& test_user : cases.cases) {
    UserHistory history = known_history(test_user);
    std::vector<uint32_t> seen = history.titles;
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    range.histories.push_back(std::move(history));
    range.seen.push_back(std::move(seen));
    range.targets.push_back(titles_.to_bundle(test_user.targets));
  }
  range.rows = ranker_.encode(range.histories);
  return range;
}

// Without titles that the bundle does not know.
UserHistory Respondent::known_history(const data::Case& test_user) const {
  UserHistory history;
  history.user = bundle_.user_number(questions_.dataset.user_id(test_user.user));
  const std::vector<uint32_t> titles = titles_.to_bundle(test_user.history);
  for (size_t i = 0; i < titles.size(); ++i) {
    if (titles[i] == 0) continue;
    history.titles.push_back(titles[i]);
    history.signals.push_back(test_user.signals[i]);
    history.ages.push_back(test_user.ages[i]);
  }
  return history;
}

// Those that the bundle does not know come after all others.
void Respondent::rank_targets(const Range& range, std::span<const inference::Query> queries) {
  std::vector<std::vector<uint32_t>> known = range.targets;
  for (auto& targets : known) std::erase(targets, 0U);
  const inference::RankCounts last{.higher = bundle_.titles().size(), .equal = 0};
  auto rank = answers_.full_ranks.begin() +
              static_cast<std::ptrdiff_t>(questions_.test_users.offsets[range.begin]);
  const auto counted = ranker_.rank(queries, known);
  for (size_t i = 0; i < counted.size(); ++i) {
    auto next = counted[i].begin();
    for (const uint32_t target : range.targets[i]) *rank++ = target == 0 ? last : *next++;
  }
}

void Respondent::rank_all_titles(const Range& range) {
  const auto width = static_cast<size_t>(ranker_.width());
  std::vector<inference::Query> queries;
  for (size_t i = 0; i < range.histories.size(); ++i) {
    queries.push_back({.user = std::span(range.rows).subspan(i * width, width),
                       .excluded = range.seen[i],
                       .allowed = titles_.allowed()});
  }
  rank_targets(range, queries);
  int most = kListLength;
  for (const auto& each : questions_.diversities) {
    most = std::max(most, inference::Diversifier::candidates(each, kListLength));
  }
  const auto found = ranker_.search(queries, most);
  auto list = answers_.lists.begin() + range.begin * kListLength;
  for (const auto& best : found) {
    for (size_t place = 0; place < std::min<size_t>(best.size(), kListLength); ++place) {
      check_finite(std::span(&best[place].score, 1));
      list[place] = titles_.to_dataset(best[place].title);
    }
    list += kListLength;
  }
  for (size_t d = 0; d < questions_.diversities.size(); ++d) diversify(range, d, found);
}

// With floors of exposure, a few lists at a time, as a server answers them.
void Respondent::diversify(const Range& range, size_t d, const std::vector<List>& found) {
  inference::ExposureFloors* const floors = floors_[d].get();
  const int64_t together = floors != nullptr ? kListsTogether : range.size();
  for (int64_t begin = 0; begin < range.size(); begin += together) {
    const int64_t size = std::min(together, range.size() - begin);
    std::optional<inference::TitleBonuses> bonuses;
    if (floors != nullptr) bonuses = floors->bonuses();
    std::vector<List> lists(static_cast<size_t>(size));
    parallel_for(size, kListsTogether / 4, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        lists[static_cast<size_t>(i)] =
            diversify(range, begin + i, d, found[static_cast<size_t>(begin + i)],
                      bonuses ? &*bonuses : nullptr);
      }
    });
    if (floors != nullptr) floors->shown(lists);
  }
}

// Of one user: the list comes first, and the other titles keep their order behind it.
List Respondent::diversify(const Range& range, int64_t i, size_t d, const List& best,
                           const inference::TitleBonuses* bonuses) {
  const int64_t user = range.begin + i;
  const auto target = static_cast<size_t>(questions_.test_users.offsets[user]);
  const auto& targets = range.targets[static_cast<size_t>(i)];
  const auto width = static_cast<size_t>(ranker_.width());
  std::vector<float> scores(targets.size());
  ranker_.score(std::span(range.rows).subspan(static_cast<size_t>(i) * width, width), targets,
                scores);
  const auto& diversity = questions_.diversities[d];
  const UserHistory& history = range.histories[static_cast<size_t>(i)];
  const std::vector<uint32_t> disliked = inference::disliked_titles(history, diversity);
  const auto of = static_cast<size_t>(inference::Diversifier::candidates(diversity, kListLength));
  List list = diversifier_
                  .choose(std::span(best).first(std::min(best.size(), of)), kListLength, diversity,
                          {.history = history.titles, .disliked = disliked, .bonuses = bonuses})
                  .titles;
  DiversifiedAnswers& own = answers_.diversified[d];
  for (size_t place = 0; place < list.size(); ++place) {
    own.lists[static_cast<size_t>(user) * kListLength + place] =
        titles_.to_dataset(list[place].title);
  }
  for (size_t t = 0; t < targets.size(); ++t) {
    const auto place = std::ranges::find(list, targets[t], &inference::ScoredTitle::title);
    if (place != list.end() && diversity.active()) {
      own.full_ranks[target + t] = {.higher = place - list.begin(), .equal = 0};
      continue;
    }
    inference::RankCounts rank = answers_.full_ranks[target + t];
    for (const auto& each : list) {
      if (!diversity.active()) break;          // the ranking as it is, ties too
      rank.higher += each.score <= scores[t];  // it came after, and is before now
      rank.equal -= each.score == scores[t];
    }
    own.full_ranks[target + t] = rank;
  }
  return list;
}

void Respondent::rank_few_titles(const Range& range, int64_t i) {
  const int64_t user = questions_.test_users.users[range.begin + i];
  rank_among(sampled_negatives(questions_.dataset, user, questions_.seed), range, i,
             answers_.sampled_ranks);
  if (questions_.candidates == nullptr) return;
  const auto candidates = questions_.candidates->of(user);
  if (!candidates.empty()) rank_among(candidates, range, i, answers_.candidate_ranks);
}

// `candidates`: dataset titles. A target that is one of them is not ranked against itself.
void Respondent::rank_among(std::span<const uint32_t> candidates, const Range& range, int64_t i,
                            Ranks& ranks) const {
  const auto width = static_cast<size_t>(ranker_.width());
  const auto test_user = std::span(range.rows).subspan(static_cast<size_t>(i) * width, width);
  const std::vector<uint32_t> others = titles_.to_bundle(candidates);
  const std::vector<uint32_t>& targets = range.targets[i];
  std::vector<float> scores(others.size()), target_scores(targets.size());
  ranker_.score(test_user, others, scores);
  ranker_.score(test_user, targets, target_scores);
  check_finite(scores);
  check_finite(target_scores);
  for (size_t t = 0; t < targets.size(); ++t) {
    inference::RankCounts counts;
    for (size_t o = 0; o < others.size(); ++o) {
      if (others[o] == targets[t] || others[o] == 0) continue;
      if (targets[t] == 0) {
        ++counts.higher;
        continue;
      }
      counts.higher += scores[o] > target_scores[t];
      counts.equal += scores[o] == target_scores[t];
    }
    ranks[questions_.test_users.offsets[range.begin + i] + t] = counts;
  }
}

void Respondent::check_finite(std::span<const float> scores) const {
  if (std::ranges::all_of(scores, [](float score) { return std::isfinite(score); })) return;
  throw artefact_error(cat("bundle ", bundle_.name(),
                           " scores a title with a number that is not finite, so that its titles "
                           "have no order: train it again with a lower train.learning_rate"));
}

void Respondent::predict_ratings(const Range& range) {
  const auto predicted = ranker_.predict_ratings(range.histories, range.targets);
  auto rating = questions_.test_users.offsets[range.begin];
  for (size_t i = 0; i < predicted.size(); ++i) {
    for (size_t t = 0; t < predicted[i].size(); ++t, ++rating) {
      if (std::isnan(questions_.test_users.ratings[rating]) || range.targets[i][t] == 0) continue;
      answers_.predicted_ratings[rating] = predicted[i][t];
    }
  }
}

}  // namespace

Answers answer(const inference::Bundle& bundle, const TitleMap& titles, const Questions& questions,
               const std::function<void(int64_t)>& on_progress) {
  Respondent respondent(bundle, titles, questions);
  const int64_t step = respondent.users_a_range();
  for (int64_t begin = 0; begin < questions.test_users.size(); begin += step) {
    throw_if_interrupted();
    const int64_t end = std::min(questions.test_users.size(), begin + step);
    respondent.answer(begin, end);
    on_progress(end);
  }
  return respondent.take();
}

}  // namespace marquee::evaluation
