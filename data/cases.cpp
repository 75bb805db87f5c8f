#include "data/cases.h"

#include <algorithm>
#include <optional>

namespace marquee::data {

namespace {

bool in_history(Part part, Stage stage) {
  return part == Part::kTrain || part == Part::kGiven ||
         (part == Part::kValid && stage != Stage::kValid);
}

bool is_target(Part part, Stage stage) {
  return part == (stage == Stage::kValid ? Part::kValid : Part::kTest);
}

bool contains(const std::vector<uint32_t>& titles, uint32_t title) {
  return std::find(titles.begin(), titles.end(), title) != titles.end();
}

// The time as of which the user is evaluated: that of the first target.
std::optional<int64_t> as_of_time(const History& events, Stage stage) {
  for (int64_t i = 0; i < events.size(); ++i) {
    if (is_target(events.parts[i], stage)) return events.times[i];
  }
  return std::nullopt;
}

// Few members have any, and no history need be made of the others.
bool has_dislikes(const History& events, const EventWeights& weights) {
  for (size_t i = 0; i < events.titles.size(); ++i) {
    const bool in_test = is_target(events.parts[i], Stage::kTestDisliked);
    if (in_test && weights.is_negative(events.events[i], events.values[i])) return true;
  }
  return false;
}

void add_history(const History& events, Stage stage, int64_t as_of, const EventWeights& weights,
                 Case& found) {
  for (int64_t i = 0; i < events.size(); ++i) {
    if (!in_history(events.parts[i], stage)) continue;
    found.history.push_back(events.titles[i]);
    found.signals.push_back(weights.signal(events.events[i], events.values[i]));
    found.ages.push_back(static_cast<float>(std::max<int64_t>(0, as_of - events.times[i])));
  }
}

void add_targets(const History& events, Stage stage, const EventWeights& weights, Case& found,
                 CaseRange& range) {
  std::vector<uint32_t> seen = found.history;
  std::sort(seen.begin(), seen.end());
  for (int64_t i = 0; i < events.size(); ++i) {
    const uint32_t title = events.titles[i];
    if (!is_target(events.parts[i], stage)) continue;
    const bool disliked = weights.is_negative(events.events[i], events.values[i]);
    range.disliked += disliked;
    if (disliked != (stage == Stage::kTestDisliked)) {
      continue;
    } else if (std::binary_search(seen.begin(), seen.end(), title)) {
      ++range.rewatched;
    } else if (!contains(found.targets, title)) {
      const bool rated = events.events[i] == Event::kRating;
      found.targets.push_back(title);
      found.target_values.push_back(rated ? events.values[i] : kNoValue);
    }
  }
}

}  // namespace

CaseRange cases(const Dataset& dataset, Stage stage, int64_t begin, int64_t end) {
  CaseRange range;
  for (int64_t user = begin; user < end; ++user) {
    const History events = dataset.history(user);
    const std::optional<int64_t> as_of = as_of_time(events, stage);
    if (!as_of || (stage == Stage::kTestDisliked && !has_dislikes(events, dataset.weights()))) {
      continue;
    }
    Case found;
    found.user = user;
    add_history(events, stage, *as_of, dataset.weights(), found);
    add_targets(events, stage, dataset.weights(), found, range);
    if (!found.targets.empty()) range.cases.push_back(std::move(found));
  }
  return range;
}

CaseRange cases(const Dataset& dataset, Stage stage) {
  return cases(dataset, stage, 0, dataset.users());
}

}  // namespace marquee::data
