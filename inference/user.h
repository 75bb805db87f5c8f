// The user of a request, by title index.
#pragma once

#include <array>
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
  UserHistory history;              // all of it, but for titles the bundle does not know
  std::vector<data::Event> events;  // parallel to history.titles
  std::vector<uint32_t> seen;       // distinct, ascending
};

// The seconds after which a title may be answered again, by the kind of the newest event with it.
struct SeenRules {
  std::array<float, data::kEvents> again_after;
  bool never = true;  // whatever again_after says
};

// The titles of the history that are not to be answered, ascending. Events without a time are of
// age 0.
std::vector<uint32_t> left_out_titles(const User& user, const SeenRules& rules);

struct PositiveTitle {
  uint32_t title = 0;
  bool liked = false;  // by a like, not only by watching
};

// The positives among the newest `events` of the history: titles that were played, completed, liked
// or rated with a signal of at least 0.5 (data::signal). Each once, the newest first.
std::vector<PositiveTitle> positive_titles(const User& user, size_t events);

// Ids that the bundle does not know, each once, in the order of their first use.
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
