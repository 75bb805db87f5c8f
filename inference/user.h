// What a request says of a member, by title index.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/events.h"
#include "inference/ranker.h"
#include "inference/request.h"

namespace marquee::inference {

struct User {
  UserHistory history;              // the whole of it, titles the bundle knows
  std::vector<data::Event> events;  // beside history.titles
  std::vector<uint32_t> seen;       // distinct, ascending
};

struct PositiveTitle {
  uint32_t title = 0;
  bool liked = false;  // by a like, not by watching alone
};

// Titles that the member watched and did not turn out to dislike (played, completed or liked, or
// rated at least half of the highest rating), each once, the newest first, among the newest
// `events` of the history.
std::vector<PositiveTitle> positive_titles(const User& user, size_t events);

// Ids that the bundle does not know, each once, in the order they were met.
class UnknownTitles {
 public:
  void add(std::string_view id);
  std::vector<std::string> take() { return std::move(ids_); }

 private:
  std::vector<std::string> ids_;
  std::unordered_set<std::string> met_;
};

// Orders the entries as UserRequest says, and counts ages from `at`, or else from the newest
// timestamp. Entries without a timestamp, and those after `at`, have age 0.
User user_of(std::span<const HistoryItem> items, std::optional<int64_t> at, const Bundle& bundle,
             UnknownTitles& unknown);

}  // namespace marquee::inference
