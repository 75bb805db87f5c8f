#include "data/cases.h"

#include <algorithm>
#include <optional>

namespace marquee::data {

namespace {

bool told(Part part, Stage stage) {
  return part == Part::kTrain || part == Part::kGiven ||
         (part == Part::kValid && stage == Stage::kTest);
}

bool to_find(Part part, Stage stage) {
  return part == (stage == Stage::kValid ? Part::kValid : Part::kTest);
}

bool contains(const std::vector<uint32_t>& titles, uint32_t title) {
  return std::find(titles.begin(), titles.end(), title) != titles.end();
}

// The moment at which the member is judged: that of the first event to be found.
std::optional<int64_t> moment_of(const History& events, Stage stage) {
  for (int64_t i = 0; i < events.size(); ++i) {
    if (to_find(events.parts[i], stage)) return events.times[i];
  }
  return std::nullopt;
}

void add_history(const History& events, Stage stage, int64_t moment, float max_rating,
                 Case& member) {
  for (int64_t i = 0; i < events.size(); ++i) {
    if (!told(events.parts[i], stage)) continue;
    member.history.push_back(events.titles[i]);
    member.signals.push_back(signal(events.events[i], events.values[i], max_rating));
    member.ages.push_back(static_cast<float>(std::max<int64_t>(0, moment - events.times[i])));
  }
}

void add_targets(const History& events, Stage stage, Case& member, CaseRange& range) {
  std::vector<uint32_t> seen = member.history;
  std::sort(seen.begin(), seen.end());
  for (int64_t i = 0; i < events.size(); ++i) {
    const uint32_t title = events.titles[i];
    if (!to_find(events.parts[i], stage)) continue;
    if (turns_down(events.events[i])) {
      ++range.rejected;
    } else if (std::binary_search(seen.begin(), seen.end(), title)) {
      ++range.rewatched;
    } else if (!contains(member.targets, title)) {
      const bool rated = events.events[i] == Event::kRating;
      member.targets.push_back(title);
      member.target_values.push_back(rated ? events.values[i] : kNoValue);
    }
  }
}

}  // namespace

CaseRange cases(const Dataset& dataset, Stage stage, int64_t begin, int64_t end) {
  CaseRange range;
  for (int64_t user = begin; user < end; ++user) {
    const History events = dataset.history(user);
    const std::optional<int64_t> moment = moment_of(events, stage);
    if (!moment) continue;
    Case member;
    member.user = user;
    add_history(events, stage, *moment, dataset.max_rating(), member);
    add_targets(events, stage, member, range);
    if (!member.targets.empty()) range.cases.push_back(std::move(member));
  }
  return range;
}

CaseRange cases(const Dataset& dataset, Stage stage) {
  return cases(dataset, stage, 0, dataset.users());
}

}  // namespace marquee::data
