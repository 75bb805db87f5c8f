// The pages that were shown lately, in memory: which row an event came from, and what was shown to
// a user again and again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "configs/server_config.h"
#include "serving/pages/row_policy.h"
#include "serving/store/user_event.h"

namespace marquee::serving {

// A title's id in less memory: its FNV-1a hash.
using TitleKey = uint64_t;
TitleKey title_key(std::string_view id);

// One that was shown to find out whether it is liked (title_trials.h).
struct TriedTitle {
  TitleKey title = 0;
  bool watched = false;
};

struct ShownRow {
  RowKind kind = RowKind::kTop;
  std::vector<TitleKey> titles;
  double reward = 0;  // of the events that came from it
  std::vector<TriedTitle> tried = {};
};

struct ShownPage {
  std::string request_id, user_id;
  int64_t shown_ms = 0;  // since 1970
  UserFeatures features{};
  std::vector<ShownRow> rows;
  bool is_list = false;         // a list that was asked for: nobody learns from it
  bool cut_short = false;       // it was finished before its time was over
  int day = 0;                  // 0: its window is over; n: so is the n-th day after it
  std::vector<bool> came = {};  // [days]: whether the user came on the first, second, ... day after
};

// Safe to use from several threads.
class RecentPages {
 public:
  static constexpr int64_t kReturnMs = 4 * 3'600'000;  // after a page: a visit of its own

  struct Options {
    size_t most = 0;        // pages kept, the newest
    int64_t window_ms = 0;  // for which events count for a page; 0: nobody learns from them
    size_t of_a_user = 0;   // pages of a user kept after their window
    double returned = 0;    // reward, for a user who comes back within a page's window, of each row
                            // of the page that had a reward
    int return_days = 0;    // instead: days (UTC) after a page of which it is seen whether the user
                            // comes; the page is then taken again after each of them
  };
  explicit RecentPages(const Options& options) : options_(options) {}

  void shown(ShownPage page);

  // Adds the reward to the row of the page that the event names, or else of the user's newest page
  // that showed the title. False: no page did, or its window is over.
  bool happened(const UserEvent& event, double reward);

  // Titles that the user's last pages showed in places that are looked at, as often as
  // `page.repeat_most` at least. No title that was watched is among what pages show.
  std::vector<TitleKey> repeated(const std::string& user_id,
                                 const configs::PageConfig& rules) const;

  // The first titles of the user's last page, in its order.
  std::vector<TitleKey> last_shown(const std::string& user_id, size_t most) const;

  // Those whose window is over, or that no longer fit in, and those of which another day is: each
  // once for each, in the order of those times, pages of one time by when they were shown and their
  // id.
  std::vector<ShownPage> take_finished(int64_t now_ms);

  void forget(const std::string& user_id);

 private:
  using Key = std::pair<int64_t, std::string>;  // shown_ms, request_id
  struct Entry {
    ShownPage page;
    bool finished = false;
    bool returned = false;  // the user came back, and its rows had their reward for it
  };
  using Due = std::pair<int64_t, Key>;  // when a page is to be taken
  int64_t due(const ShownPage& page) const;
  Entry* page_of(const UserEvent& event);
  void came_on(const std::string& user_id, int64_t now_ms);
  void came_back(const std::string& user_id, int64_t now_ms);
  void drop_oldest();
  void drop(const Key& key);
  void trim(const std::string& user_id);  // to the pages that are kept of a user

  const Options options_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<Key, Entry> pages_;
  std::unordered_map<std::string, Key> by_request_;
  std::unordered_map<std::string, std::deque<Key>> by_user_;  // oldest first
  std::vector<ShownPage> squeezed_out_;                       // before their window was over
  std::set<Due> due_;                                         // those that are not finished
};

}  // namespace marquee::serving
