#include "data/thinning.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <tuple>

#include "core/threads.h"

namespace marquee::data {

namespace {

constexpr int64_t kUsersABlock = 1024;
constexpr int64_t kDay = 86'400;

int64_t day_of(int64_t time) { return time / kDay - (time % kDay < 0 ? 1 : 0); }

// A member's rows.
struct Rows {
  size_t begin, end;
};

class Thinner {
 public:
  // titles: how many there are, padding included.
  Thinner(const Thinning& rules, InteractionColumns& columns, size_t titles,
          std::span<uint8_t> kept)
      : rules_(rules), columns_(columns), titles_(titles), kept_(kept) {}

  Thinned run() {
    std::atomic<int64_t> busy_users = 0, of_busy = 0, in_visits = 0, repeated = 0;
    for_each_user([&](Rows rows) {
      if (is_busy(rows)) {
        ++busy_users;
        of_busy += static_cast<int64_t>(rows.end - rows.begin);
        std::fill(kept_.begin() + rows.begin, kept_.begin() + rows.end, uint8_t{0});
        return;
      }
      in_visits += rules_.session_seconds > 0 ? unite_visits(rows) : 0;
      repeated += rules_.repeats != Repeats::kAll ? leave_out_repeats(rows) : 0;
    });
    thinned_.busy_users = busy_users;
    thinned_.of_busy_users = of_busy;
    thinned_.in_visits = in_visits;
    thinned_.repeated = repeated;
    if (rules_.least_of_user > 0 || rules_.least_of_title > 0) leave_out_rare();
    return thinned_;
  }

 private:
  template <typename Body>
  void for_each_user(const Body& body) {
    const auto offsets = columns_.offsets();
    parallel_for(std::ssize(offsets) - 1, kUsersABlock, [&](int64_t begin, int64_t end) {
      for (auto user = static_cast<size_t>(begin); user < static_cast<size_t>(end); ++user) {
        body(Rows{offsets[user], offsets[user + 1]});
      }
    });
  }

  bool is_busy(Rows rows) const {
    if (rules_.most_a_day == 0) return false;
    const auto times = columns_.times();
    int64_t count = 0;
    for (size_t i = rows.begin; i < rows.end; ++i) {
      const bool same_day = i > rows.begin && day_of(times[i]) == day_of(times[i - 1]);
      count = same_day ? count + 1 : 1;
      if (count > rules_.most_a_day) return true;
    }
    return false;
  }

  // The kept rows from `first` to `last` by title and kind of event, in order of time within one.
  std::vector<size_t> by_title(size_t first, size_t last) const {
    std::vector<size_t> rows;
    for (size_t i = first; i < last; ++i) {
      if (kept_[i] != 0) rows.push_back(i);
    }
    const auto titles = columns_.titles();
    const auto events = columns_.events();
    std::ranges::sort(rows, {}, [&](size_t i) { return std::tuple(titles[i], events[i], i); });
    return rows;
  }

  bool same_title(size_t i, size_t j) const {
    return columns_.titles()[i] == columns_.titles()[j] &&
           columns_.events()[i] == columns_.events()[j];
  }

  // → interactions that became one with a later one.
  int64_t unite_visits(Rows rows) {
    const auto times = columns_.times();
    int64_t united = 0;
    for (size_t first = rows.begin, i = rows.begin; i < rows.end; ++i) {
      if (i + 1 < rows.end && times[i + 1] - times[i] < rules_.session_seconds) continue;
      united += unite(by_title(first, i + 1));
      first = i + 1;
    }
    return united;
  }

  int64_t unite(const std::vector<size_t>& visit) {
    const auto values = columns_.values();
    int64_t united = 0;
    for (size_t i = 0; i + 1 < visit.size(); ++i) {
      const size_t row = visit[i], next = visit[i + 1];
      if (!same_title(row, next)) continue;
      kept_[row] = 0;
      values[next] = std::fmax(values[row], values[next]);  // that of the two which is a number
      ++united;
    }
    return united;
  }

  int64_t leave_out_repeats(Rows rows) {
    const auto sorted = by_title(rows.begin, rows.end);
    int64_t repeated = 0;
    for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
      while (end < sorted.size() && same_title(sorted[begin], sorted[end])) ++end;
      repeated += leave_one({sorted.begin() + begin, sorted.begin() + end});
    }
    return repeated;
  }

  // Of rows that differ at most in time and value.
  int64_t leave_one(std::span<const size_t> rows) {
    int64_t repeated = 0;
    const auto leave_out = [&](size_t row) {
      kept_[row] = 0;
      ++repeated;
    };
    if (rules_.repeats == Repeats::kDifferent) {
      for (size_t i = 1; i < rows.size(); ++i) {
        if (is_there_before(rows, i)) leave_out(rows[i]);
      }
    } else {
      const size_t stays = rules_.repeats == Repeats::kFirst ? 0 : rows.size() - 1;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (i != stays) leave_out(rows[i]);
      }
    }
    return repeated;
  }

  bool is_there_before(std::span<const size_t> rows, size_t at) const {
    const auto times = columns_.times();
    const auto values = columns_.values();
    const auto same = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    for (size_t i = at; i-- > 0 && times[rows[i]] == times[rows[at]];) {
      if (same(values[rows[i]], values[rows[at]])) return true;
    }
    return false;
  }

  void leave_out_rare() {
    const auto offsets = columns_.offsets();
    const auto titles = columns_.titles();
    std::vector<int64_t> of_title(titles_);
    std::vector<int64_t> of_user(offsets.size() - 1);
    for (size_t user = 0; user < of_user.size(); ++user) {
      for (size_t i = offsets[user]; i < offsets[user + 1]; ++i) {
        of_user[user] += kept_[i];
        of_title[titles[i]] += kept_[i];
      }
    }
    const auto had_users = count_some(of_user), had_titles = count_some(of_title);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t user = 0; user < of_user.size(); ++user) {
        if (of_user[user] == 0) continue;
        const bool few = of_user[user] < rules_.least_of_user;
        for (size_t i = offsets[user]; i < offsets[user + 1]; ++i) {
          if (kept_[i] == 0 || (!few && of_title[titles[i]] >= rules_.least_of_title)) continue;
          kept_[i] = 0;
          --of_user[user];
          --of_title[titles[i]];
          ++thinned_.rare;
          changed = true;
        }
      }
    }
    thinned_.rare_users = had_users - count_some(of_user);
    thinned_.rare_titles = had_titles - count_some(of_title);
  }

  static int64_t count_some(const std::vector<int64_t>& counts) {
    return std::ranges::count_if(counts, [](int64_t count) { return count > 0; });
  }

  const Thinning& rules_;
  InteractionColumns& columns_;
  const size_t titles_;
  const std::span<uint8_t> kept_;
  Thinned thinned_;
};

// The new indices of those that stay; of others there is none to ask for.
std::vector<uint32_t> renumbered(const std::vector<bool>& stays) {
  std::vector<uint32_t> indices(stays.size());
  uint32_t next = 0;
  for (size_t i = 0; i < stays.size(); ++i) {
    if (stays[i]) indices[i] = next++;
  }
  return indices;
}

void leave_out(Vocabulary& names, const std::vector<bool>& stays) {
  Vocabulary left;
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (stays[i]) left.add(names[i]);
  }
  names = std::move(left);
}

}  // namespace

Thinned thin_out(const Thinning& rules, InteractionColumns& columns, Numbered numbered,
                 const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ".kept";
  MappedOutput output(file, columns.times().size());
  const std::span<uint8_t> kept = output.as<uint8_t>();
  std::ranges::fill(kept, uint8_t{1});
  const Thinned thinned = Thinner(rules, columns, numbered.titles.size(), kept).run();

  std::vector<bool> stays(numbered.titles.size());
  const auto titles = columns.titles();
  for (size_t i = 0; i < titles.size(); ++i) {
    if (kept[i] != 0) stays[titles[i]] = true;
  }
  stays[0] = true;  // padding
  if (rules.least_of_title == 0) {
    for (size_t i = 0; i < numbered.title_records.size(); ++i) {
      if (!is_known_by_id_alone(numbered.title_records[i])) stays[i + 1] = true;
    }
  }
  const std::vector<bool> users_stay = columns.leave_out(kept, renumbered(stays));
  leave_out(numbered.users, users_stay);
  leave_out(numbered.titles, stays);
  size_t title = 0;
  std::erase_if(numbered.title_records, [&](const TitleRecord&) { return !stays[++title]; });
  std::filesystem::remove(file);
  return thinned;
}

}  // namespace marquee::data
