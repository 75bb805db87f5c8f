#include "evaluation/onboarding.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "data/member_context.h"
#include "evaluation/user_metrics.h"
#include "inference/contexts.h"
#include "inference/onboarding.h"

namespace marquee::evaluation {

namespace {

using inference::Ranking;
using inference::Runner;
using inference::ScoredTitle;
using inference::UserHistory;

constexpr float kLiked = 0.5F;               // least signal
constexpr int64_t kFloatsAtOnce = 16 << 20;  // of encoded members
constexpr int64_t kMembersAtOnce = 1'024;
constexpr int64_t kNotShown = 1'000'000'000;  // a rank behind all lists
constexpr std::array<int, 1> kCutoff{kListLength};

// Ways to get to know a member.
enum Way : size_t { kAsked, kPopular, kEvents, kInContext };
constexpr size_t kWays = 4;

// What is known of a member by one way, and what a ranking of it is like.
struct Acquaintance {
  Ranking ranking;  // likes, or first events, as the history
  std::unordered_set<uint32_t> asked;
  int64_t known = 0;  // questions about titles that the member knew
};

struct Member {
  int64_t test_user = 0;
  UserHistory history;                         // titles of the bundle
  std::unordered_map<uint32_t, float> signal;  // by title, the newest
  std::vector<uint32_t> targets;
  std::array<Acquaintance, kWays> ways;
};

// Ranks in the first ten: [counts][targets], for each way.
struct Found {
  explicit Found(size_t counts, size_t targets)
      : ranks(counts, Ranks(targets, {.higher = kNotShown, .equal = 0})), known(counts) {}
  std::vector<Ranks> ranks;
  std::vector<int64_t> known;
};

class Interview {
 public:
  Interview(const inference::Bundle& bundle, const TitleMap& titles, const Questions& questions,
            const std::vector<int>& counts)
      : titles_(titles), questions_(questions), counts_(counts), runner_(bundle) {
    if (!titles.allowed().empty()) {
      allowed_ = std::make_shared<inference::TitleBitmap>(titles.allowed().begin(),
                                                          titles.allowed().end());
    }
    if (bundle.contexts() != nullptr) {
      for (const auto& [column, values] : bundle.contexts()->columns()) {
        contexts_.emplace_back(column, data::MemberContext(questions.dataset, column, "--data"));
      }
    }
    found_.assign(kWays, Found(counts.size(), questions.test_users.targets.size()));
    full_.assign(questions.test_users.targets.size(), {.higher = kNotShown, .equal = 0});
  }

  void run() {
    const auto& users = questions_.test_users.users;
    const int64_t at_once =
        std::clamp<int64_t>(kFloatsAtOnce / runner_.ranker().width(), 1, kMembersAtOnce);
    for (int64_t begin = 0; begin < std::ssize(users); begin += at_once) {
      throw_if_interrupted();
      interview(begin, std::min(std::ssize(users), begin + at_once));
    }
  }

  const std::vector<Found>& found() const { return found_; }
  const Ranks& full() const { return full_; }

 private:
  void interview(int64_t begin, int64_t end) {
    std::vector<Member> members = prepared(begin, end);
    for (int asked = 0; asked <= counts_.back(); ++asked) {
      const auto at = std::ranges::find(counts_, asked);
      const bool wanted = at != counts_.end();
      for (const Way way : {kAsked, kPopular, kEvents, kInContext}) {
        if (way == kEvents && !wanted) continue;
        if (way == kInContext && contexts_.empty()) continue;
        if (way == kEvents) know_events(members, static_cast<size_t>(asked));
        rank(members, way);
        if (wanted) record(members, way, static_cast<size_t>(at - counts_.begin()));
        if (way != kEvents) ask(members, way);
      }
    }
    know_events(members, SIZE_MAX);
    rank(members, kEvents);
    for (const Member& each : members) record(each, each.ways[kEvents].ranking.best, full_);
  }

  std::vector<Member> prepared(int64_t begin, int64_t end) const {
    const TestUsers& test = questions_.test_users;
    std::vector<Member> members;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t user = test.users[static_cast<size_t>(i)];
      const auto cases = data::cases(questions_.dataset, data::Stage::kTest, user, user + 1).cases;
      Member& member = members.emplace_back();
      member.test_user = i;
      member.history = {titles_.to_bundle(cases.front().history), cases.front().signals,
                        cases.front().ages};
      for (size_t e = 0; e < member.history.titles.size(); ++e) {
        member.signal[member.history.titles[e]] = member.history.signals[e];
      }
      member.targets = titles_.to_bundle(test.of(i, test.targets));
      member.ways[kInContext].ranking.context = context_of(user);
      for (Acquaintance& way : member.ways) way.ranking.allowed = allowed_;
    }
    return members;
  }

  // What a request at the time of the first target would say.
  std::vector<uint32_t> context_of(int64_t user) const {
    if (contexts_.empty()) return {};
    const data::History history = questions_.dataset.history(user);
    const auto target = std::ranges::find(history.parts, data::Part::kTest);
    const int64_t time = history.times[static_cast<size_t>(target - history.parts.begin())];
    std::vector<inference::ContextValue> values;
    for (const auto& [column, context] : contexts_) values.push_back({column, context(user, time)});
    return runner_.bundle().contexts()->rows(values);
  }

  // The first of the history, as they were.
  static void know_events(std::vector<Member>& members, size_t count) {
    for (Member& each : members) {
      const UserHistory& all = each.history;
      const auto n = static_cast<std::ptrdiff_t>(std::min(count, all.titles.size()));
      Ranking& ranking = each.ways[kEvents].ranking;
      ranking.user.history = {{all.titles.begin(), all.titles.begin() + n},
                              {all.signals.begin(), all.signals.begin() + n},
                              {all.ages.begin(), all.ages.begin() + n}};
      ranking.excluded = ranking.user.history.titles;
      std::ranges::sort(ranking.excluded);
    }
  }

  void rank(std::vector<Member>& members, Way way) const {
    std::vector<UserHistory> histories;
    for (const Member& each : members) histories.push_back(each.ways[way].ranking.user.history);
    const auto rows = runner_.ranker().encode(histories);
    const auto width = static_cast<size_t>(runner_.ranker().width());
    std::vector<inference::Query> queries;
    size_t most = 0;
    for (size_t i = 0; i < members.size(); ++i) {
      const Acquaintance& of = members[i].ways[way];
      queries.push_back(
          {std::span(rows).subspan(i * width, width), of.ranking.excluded,
           allowed_ ? std::span<const uint64_t>(*allowed_) : std::span<const uint64_t>()});
      most = std::max(most, of.asked.size());
    }
    const int depth = way == kAsked       ? inference::kQuestionDepth + static_cast<int>(most)
                      : way == kInContext ? inference::kContextDepth + static_cast<int>(most)
                                          : kListLength;
    auto best = runner_.ranker().search(queries, depth);
    for (size_t i = 0; i < members.size(); ++i) {
      Ranking& ranking = members[i].ways[way].ranking;
      ranking.best = std::move(best[i]);
      if (way == kInContext) runner_.rank_in_context(ranking);
    }
  }

  // One question each.
  void ask(std::vector<Member>& members, Way way) const {
    for (Member& member : members) {
      Acquaintance& of = member.ways[way];
      Ranking ranking = way == kPopular ? Ranking{} : of.ranking;
      if (way == kPopular) ranking.allowed = allowed_;  // nothing else is looked at
      const auto next = inference::next_questions(runner_, ranking, of.asked, 1);
      if (next.empty()) continue;
      of.asked.insert(next.front());
      const auto known = member.signal.find(next.front());
      if (known == member.signal.end()) continue;
      ++of.known;
      const auto place = std::ranges::lower_bound(of.ranking.excluded, next.front());
      of.ranking.excluded.insert(place, next.front());
      if (known->second < kLiked) continue;
      of.ranking.user.history.titles.push_back(next.front());
      of.ranking.user.history.signals.push_back(1);
      of.ranking.user.history.ages.push_back(0);
    }
  }

  void record(const std::vector<Member>& members, Way way, size_t at) {
    for (const Member& each : members) {
      record(each, each.ways[way].ranking.best, found_[way].ranks[at]);
      found_[way].known[at] += each.ways[way].known;
    }
  }

  void record(const Member& member, const std::vector<ScoredTitle>& list, Ranks& ranks) const {
    const auto first = questions_.test_users.offsets[static_cast<size_t>(member.test_user)];
    const auto length = std::min<size_t>(list.size(), kListLength);
    for (size_t place = 0; place < length; ++place) {
      const auto target = std::ranges::find(member.targets, list[place].title);
      if (target == member.targets.end()) continue;
      const auto index = first + static_cast<size_t>(target - member.targets.begin());
      ranks[index].higher = static_cast<int64_t>(place);
    }
  }

  const TitleMap& titles_;
  const Questions& questions_;
  const std::vector<int>& counts_;
  const Runner runner_;
  // That the bundle knows, by name.
  std::vector<std::pair<std::string, data::MemberContext>> contexts_;
  std::shared_ptr<const inference::TitleBitmap> allowed_;  // null: all titles
  std::vector<Found> found_;                               // [ways]
  Ranks full_;
};

}  // namespace

OnboardingCurve make_onboarding(const inference::Bundle& bundle, const TitleMap& titles,
                                const Questions& questions, const std::vector<int>& counts,
                                const BootstrapOptions& bootstrap) {
  if (questions.dataset.split() != "strong") {
    throw Error(cat("--onboarding: asks members whom training has never seen, and split ",
                    questions.dataset.split(), " has none; ingest with --split strong"));
  }
  Interview interview(bundle, titles, questions, counts);
  interview.run();
  std::vector<UserMetric> metrics;  // of the full history, and then [counts][ways]
  const auto add = [&](const Ranks& ranks) {
    for (UserMetric& each : ranking_metrics(questions.test_users, ranks, kCutoff)) {
      if (each.name == "ndcg@10") metrics.push_back(std::move(each));
    }
  };
  add(interview.full());
  for (size_t i = 0; i < counts.size(); ++i) {
    for (size_t way = 0; way < kWays; ++way) add(interview.found()[way].ranks[i]);
  }
  const auto resampled = resample(metrics, bootstrap);
  OnboardingCurve curve;
  curve.full = resampled[0].interval();
  const auto members = static_cast<double>(questions.test_users.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto of = [&](Way way) -> const Resampled& { return resampled[1 + i * kWays + way]; };
    const auto known = [&](Way way) {
      if (counts[i] == 0) return 0.0;
      return static_cast<double>(interview.found()[way].known[i]) / (members * counts[i]);
    };
    curve.points.push_back({.questions = counts[i],
                            .asked = of(kAsked).interval(),
                            .popular = of(kPopular).interval(),
                            .events = of(kEvents).interval(),
                            .gain = difference(of(kAsked), of(kPopular)).interval(),
                            .in_context = {},
                            .context_gain = {},
                            .known = known(kAsked),
                            .known_popular = known(kPopular)});
    if (bundle.contexts() == nullptr) continue;
    curve.points.back().in_context = of(kInContext).interval();
    curve.points.back().context_gain = difference(of(kInContext), of(kAsked)).interval();
  }
  return curve;
}

}  // namespace marquee::evaluation
