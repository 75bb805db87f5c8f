#include "evaluation/panel.h"

#include <algorithm>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::evaluation {

namespace {

constexpr int64_t kUsersARange = 8'192;

std::vector<uint32_t> distinct(std::vector<uint32_t> titles) {
  std::sort(titles.begin(), titles.end());
  titles.erase(std::unique(titles.begin(), titles.end()), titles.end());
  return titles;
}

// How many users have each title in what models are told.
std::vector<int64_t> count_watchers(const data::Dataset& dataset) {
  std::vector<int64_t> watchers(static_cast<size_t>(dataset.catalogue().size()) + 1);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const uint32_t title : distinct(told_titles(dataset, user))) ++watchers[title];
  }
  return watchers;
}

// When each target was met: they are distinct and in order of time, as the events are.
void add_times(const data::History& events, const data::Case& member, Panel& panel) {
  size_t next = 0;
  for (int64_t i = 0; i < events.size() && next < member.targets.size(); ++i) {
    if (events.parts[i] != data::Part::kTest || events.titles[i] != member.targets[next]) continue;
    panel.times.push_back(events.times[i]);
    ++next;
  }
}

void add(const data::Dataset& dataset, const data::CaseRange& range, Panel& panel) {
  for (const data::Case& member : range.cases) {
    panel.users.push_back(member.user);
    panel.history_lengths.push_back(static_cast<int32_t>(member.history.size()));
    panel.known_titles.push_back(static_cast<int32_t>(distinct(member.history).size()));
    panel.targets.insert(panel.targets.end(), member.targets.begin(), member.targets.end());
    panel.ratings.insert(panel.ratings.end(), member.target_values.begin(),
                         member.target_values.end());
    add_times(dataset.history(member.user), member, panel);
    panel.offsets.push_back(panel.targets.size());
  }
  panel.rewatched += range.rewatched;
  panel.rejected += range.rejected;
}

}  // namespace

std::vector<uint32_t> told_titles(const data::Dataset& dataset, int64_t user) {
  const data::History events = dataset.history(user);
  std::vector<uint32_t> titles;
  for (int64_t i = 0; i < events.size(); ++i) {
    if (events.parts[i] != data::Part::kTest) titles.push_back(events.titles[i]);
  }
  return titles;
}

Panel make_panel(const data::Dataset& dataset) {
  Panel panel;
  panel.offsets.push_back(0);
  for (int64_t begin = 0; begin < dataset.users(); begin += kUsersARange) {
    throw_if_interrupted();
    const int64_t end = std::min(dataset.users(), begin + kUsersARange);
    add(dataset, data::cases(dataset, data::Stage::kTest, begin, end), panel);
  }
  if (panel.users.empty()) {
    throw Error(cat("dataset ", in_quotes(dataset.name()), " (split ", dataset.split(),
                    ") has no test interactions to judge by; ingest it with a split that leaves "
                    "some, or mark rows with split=test"));
  }
  panel.train_counts = dataset.train_counts();
  panel.watchers = count_watchers(dataset);
  return panel;
}

}  // namespace marquee::evaluation
