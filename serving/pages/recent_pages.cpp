#include "serving/pages/recent_pages.h"

#include <algorithm>

#include "core/fnv.h"

namespace marquee::serving {

namespace {

ShownRow* row_with(ShownPage& page, TitleKey title) {
  for (ShownRow& row : page.rows) {
    if (std::ranges::find(row.titles, title) != row.titles.end()) return &row;
  }
  return nullptr;
}

constexpr int64_t kDayMs = 24 * 3'600'000;

bool is_watch(data::Event event) {
  return event == data::Event::kPlay || event == data::Event::kComplete ||
         event == data::Event::kLike;
}

}  // namespace

TitleKey title_key(std::string_view id) {
  Fnv1a hash;
  hash.add(id);
  return hash.value();
}

void RecentPages::shown(ShownPage page) {
  const std::lock_guard lock(mutex_);
  const Key key{page.shown_ms, page.request_id};
  const std::string user = page.user_id;
  if (!page.is_list) {
    if (options_.return_days > 0) {
      came_on(user, page.shown_ms);
      page.came.resize(static_cast<size_t>(options_.return_days));
    } else if (options_.returned != 0) {
      came_back(user, page.shown_ms);
    }
  }
  if (!user.empty()) by_user_[user].push_back(key);
  by_request_[page.request_id] = key;
  const bool finished = page.is_list || options_.window_ms == 0;
  if (!finished) due_.insert({due(page), key});
  pages_[key] = {std::move(page), finished};
  trim(user);
  while (pages_.size() > options_.most) drop_oldest();
}

int64_t RecentPages::due(const ShownPage& page) const {
  if (page.day == 0) return page.shown_ms + options_.window_ms;
  return (page.shown_ms / kDayMs + page.day + 1) * kDayMs;
}

void RecentPages::came_on(const std::string& user_id, int64_t now_ms) {
  const auto user = by_user_.find(user_id);
  if (user == by_user_.end()) return;
  for (const Key& key : user->second) {
    ShownPage& page = pages_.at(key).page;
    const int64_t day = now_ms / kDayMs - page.shown_ms / kDayMs;
    if (page.is_list || day < 1 || day > options_.return_days) continue;
    if (now_ms - page.shown_ms >= kReturnMs) page.came[static_cast<size_t>(day - 1)] = true;
  }
}

// Newest first, up to the first page that had its reward: those before it have theirs.
void RecentPages::came_back(const std::string& user_id, int64_t now_ms) {
  const auto user = by_user_.find(user_id);
  if (user == by_user_.end()) return;
  for (auto key = user->second.rbegin(); key != user->second.rend(); ++key) {
    Entry& entry = pages_.at(*key);
    if (entry.page.is_list) continue;
    const int64_t since = now_ms - entry.page.shown_ms;
    if (entry.returned || entry.finished || since > options_.window_ms) return;
    if (since < kReturnMs) continue;
    entry.returned = true;
    for (ShownRow& row : entry.page.rows) {
      if (row.reward > 0) row.reward += options_.returned;
    }
  }
}

void RecentPages::drop(const Key& key) {
  const auto page = pages_.find(key);
  due_.erase({due(page->second.page), key});
  by_request_.erase(key.second);
  if (const auto user = by_user_.find(page->second.page.user_id); user != by_user_.end()) {
    std::erase(user->second, key);
    if (user->second.empty()) by_user_.erase(user);
  }
  pages_.erase(page);
}

void RecentPages::drop_oldest() {
  Entry& oldest = pages_.begin()->second;
  const Key key = pages_.begin()->first;
  if (!oldest.finished && oldest.page.day == 0) {
    squeezed_out_.push_back(oldest.page);
    squeezed_out_.back().cut_short = true;
  }
  drop(key);
}

void RecentPages::trim(const std::string& user_id) {
  for (auto user = by_user_.find(user_id); user != by_user_.end(); user = by_user_.find(user_id)) {
    if (user->second.size() <= options_.of_a_user) return;
    const Key oldest = user->second.front();
    if (!pages_.at(oldest).finished) return;
    drop(oldest);
  }
}

RecentPages::Entry* RecentPages::page_of(const UserEvent& event) {
  if (!event.request_id.empty()) {
    const auto key = by_request_.find(event.request_id);
    return key == by_request_.end() ? nullptr : &pages_.at(key->second);
  }
  const auto user = by_user_.find(event.user_id);
  if (user == by_user_.end()) return nullptr;
  for (auto key = user->second.rbegin(); key != user->second.rend(); ++key) {
    Entry& entry = pages_.at(*key);
    if (entry.page.is_list) continue;
    if (row_with(entry.page, title_key(event.item.title_id)) != nullptr) return &entry;
  }
  return nullptr;
}

bool RecentPages::happened(const UserEvent& event, double reward) {
  if (options_.window_ms == 0) return false;
  const std::lock_guard lock(mutex_);
  Entry* entry = page_of(event);
  if (entry == nullptr || entry->finished || entry->page.day > 0) return false;
  const std::string& user = entry->page.user_id;
  if (!user.empty() && user != event.user_id) return false;  // somebody else's page
  ShownRow* row = row_with(entry->page, title_key(event.item.title_id));
  if (row == nullptr) return false;
  row->reward += reward;
  for (TriedTitle& each : row->tried) {
    each.watched |= each.title == title_key(event.item.title_id) && is_watch(event.item.event);
  }
  return true;
}

std::vector<TitleKey> RecentPages::repeated(const std::string& user_id,
                                            const configs::PageConfig& rules) const {
  const std::lock_guard lock(mutex_);
  const auto user = by_user_.find(user_id);
  if (user == by_user_.end()) return {};
  std::unordered_map<TitleKey, int> times;
  const auto pages = std::min(user->second.size(), static_cast<size_t>(rules.repeat_pages));
  for (size_t i = user->second.size() - pages; i < user->second.size(); ++i) {
    const ShownPage& page = pages_.at(user->second[i]).page;
    for (size_t r = 0; r < std::min<size_t>(page.rows.size(), rules.repeat_rows); ++r) {
      const auto& titles = page.rows[r].titles;
      for (size_t t = 0; t < std::min<size_t>(titles.size(), rules.repeat_titles); ++t) {
        ++times[titles[t]];
      }
    }
  }
  std::vector<TitleKey> repeated;
  for (const auto& [title, count] : times) {
    if (count >= rules.repeat_most) repeated.push_back(title);
  }
  return repeated;
}

std::vector<TitleKey> RecentPages::last_shown(const std::string& user_id, size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto user = by_user_.find(user_id);
  if (user == by_user_.end()) return {};
  std::vector<TitleKey> titles;
  for (const ShownRow& row : pages_.at(user->second.back()).page.rows) {
    titles.insert(titles.end(), row.titles.begin(), row.titles.end());
  }
  titles.resize(std::min(titles.size(), most));
  return titles;
}

std::vector<ShownPage> RecentPages::take_finished(int64_t now_ms) {
  if (options_.window_ms == 0) return {};
  const std::lock_guard lock(mutex_);
  std::vector<ShownPage> taken = std::exchange(squeezed_out_, {});
  while (!due_.empty() && due_.begin()->first <= now_ms) {
    const Key key = due_.begin()->second;
    due_.erase(due_.begin());
    Entry& entry = pages_.at(key);
    taken.push_back(entry.page);
    // Whether somebody unknown comes again cannot be seen.
    if (entry.page.day < options_.return_days && !entry.page.user_id.empty()) {
      ++entry.page.day;
      due_.insert({due(entry.page), key});
      continue;
    }
    entry.finished = true;
    const std::string user = entry.page.user_id;
    user.empty() ? drop(key) : trim(user);  // nobody unknown can be shown the same again
  }
  return taken;
}

void RecentPages::forget(const std::string& user_id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(squeezed_out_, [&](const ShownPage& page) { return page.user_id == user_id; });
  const auto user = by_user_.find(user_id);
  if (user == by_user_.end()) return;
  for (const Key& key : std::deque<Key>(user->second)) drop(key);
}

}  // namespace marquee::serving
