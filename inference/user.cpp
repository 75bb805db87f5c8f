#include "inference/user.h"

#include <algorithm>
#include <unordered_set>

namespace marquee::inference {

namespace {

std::vector<const HistoryItem*> oldest_first(std::span<const HistoryItem> items) {
  std::vector<const HistoryItem*> order;
  order.reserve(items.size());
  for (const HistoryItem& item : items) order.push_back(&item);
  if (std::all_of(items.begin(), items.end(), [](auto& item) { return item.timestamp; })) {
    std::stable_sort(order.begin(), order.end(),
                     [](auto* a, auto* b) { return *a->timestamp < *b->timestamp; });
  }
  return order;
}

std::optional<int64_t> newest_timestamp(std::span<const HistoryItem> items) {
  std::optional<int64_t> newest;  // an empty one is before every other
  for (const HistoryItem& item : items) newest = std::max(newest, item.timestamp);
  return newest;
}

}  // namespace

void UnknownTitles::add(std::string_view id) {
  if (met_.emplace(id).second) ids_.emplace_back(id);
}

User user_of(std::span<const HistoryItem> items, std::optional<int64_t> at, const Bundle& bundle,
             UnknownTitles& unknown) {
  const auto as_of = at ? at : newest_timestamp(items);
  User user;
  for (const HistoryItem* item : oldest_first(items)) {
    const int64_t title = bundle.titles().find(item->title_id);
    if (title == 0) {
      unknown.add(item->title_id);
      continue;
    }
    const int64_t age = item->timestamp ? std::max<int64_t>(0, *as_of - *item->timestamp) : 0;
    user.history.titles.push_back(static_cast<uint32_t>(title));
    user.history.signals.push_back(bundle.facts().weights.signal(item->event, item->value));
    user.history.ages.push_back(static_cast<float>(age));
    user.events.push_back(item->event);
  }
  user.seen = user.history.titles;
  std::sort(user.seen.begin(), user.seen.end());
  user.seen.erase(std::unique(user.seen.begin(), user.seen.end()), user.seen.end());
  return user;
}

std::vector<uint32_t> left_out_titles(const User& user, const SeenRules& rules) {
  if (rules.never) return user.seen;
  std::vector<uint32_t> left_out;
  std::unordered_set<uint32_t> met;
  for (size_t i = user.events.size(); i-- > 0;) {
    const uint32_t title = user.history.titles[i];
    const float again_after = rules.again_after[static_cast<size_t>(user.events[i])];
    if (met.insert(title).second && user.history.ages[i] < again_after) left_out.push_back(title);
  }
  std::sort(left_out.begin(), left_out.end());
  return left_out;
}

std::vector<PositiveTitle> positive_titles(const User& user, size_t events) {
  constexpr float kPositive = 0.5f;  // least signal of a positive event
  std::vector<PositiveTitle> positives;
  std::unordered_set<uint32_t> met;
  const auto& titles = user.history.titles;
  const auto& signals = user.history.signals;
  for (size_t i = titles.size(); i > 0 && titles.size() - i < events; --i) {
    const data::Event event = user.events[i - 1];
    const bool watched = event == data::Event::kPlay || event == data::Event::kComplete ||
                         event == data::Event::kRating || event == data::Event::kLike;
    if (!watched || signals[i - 1] < kPositive || !met.insert(titles[i - 1]).second) continue;
    positives.push_back({titles[i - 1], event == data::Event::kLike});
  }
  return positives;
}

}  // namespace marquee::inference
