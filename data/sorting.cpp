#include "data/sorting.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <numeric>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/threads.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kUsersABlock = 64;

// A row's place in file order; 32 bits, as the index of all rows must stay small.
using Place = uint32_t;

struct Key {
  int64_t time;
  uint16_t fraction;
  Place place;
  auto operator<=>(const Key&) const = default;
};

// The offsets of rows, counts [users]: [users + 1].
std::vector<uint64_t> offsets_of(std::span<const uint64_t> counts) {
  std::vector<uint64_t> offsets(counts.size() + 1);
  std::inclusive_scan(counts.begin(), counts.end(), offsets.begin() + 1);
  return offsets;
}

// The places of rows by user, in file order within a user. Nothing where the rows already are in
// that order.
std::optional<MappedOutput> places_by_user(const StagedInteractions& staged,
                                           std::span<const Row> rows,
                                           std::span<const uint64_t> offsets,
                                           const fs::path& file) {
  if (staged.grouped) return std::nullopt;
  MappedOutput output(file, rows.size() * sizeof(Place));
  const std::span<Place> places = output.as<Place>();
  std::vector<uint64_t> next(offsets.begin(), offsets.end() - 1);
  for (size_t i = 0; i < rows.size(); ++i) places[next[rows[i].user]++] = static_cast<Place>(i);
  return output;
}

// What the user did before; nothing of new users.
History before_of(const Dataset* before, size_t user) {
  const bool known = before != nullptr && std::cmp_less(user, before->users());
  return known ? before->history(static_cast<int64_t>(user)) : History{};
}

// The first event from `from` on that is later; those of the same time come before what is new.
size_t first_after(const History& history, size_t from, int64_t time, uint16_t fraction) {
  size_t at = from;
  const auto is_later = [&](size_t i) {
    if (history.times[i] != time) return history.times[i] > time;
    return !history.fractions.empty() && history.fractions[i] > fraction;
  };
  while (at < history.times.size() && !is_later(at)) ++at;
  return at;
}

}  // namespace

// Where all columns begin; those that are not there are empty.
struct InteractionColumns::Views {
  std::span<uint32_t> titles;
  std::span<int64_t> times;
  std::span<Event> events;
  std::span<float> values;
  std::span<Part> parts;
  std::span<uint16_t> fractions;
  std::span<float> propensities;
  std::span<uint32_t> positions;

  void put(size_t at, const Row& row, const Shown* shown) const {
    titles[at] = row.title;
    times[at] = row.time;
    events[at] = row.event;
    values[at] = row.value;
    parts[at] = row.part;
    if (!fractions.empty()) fractions[at] = row.fraction;
    if (propensities.empty()) return;
    propensities[at] = shown != nullptr ? shown->propensity : kNoValue;
    positions[at] = shown != nullptr ? shown->position : kNoPosition;
  }

  // The events from `first` to `last`.
  void put(size_t at, const History& history, size_t first, size_t last) const {
    const auto copy = [&](const auto& from, const auto& to, auto missing) {
      if (to.empty()) return;
      if (from.empty()) {
        std::fill_n(to.begin() + at, last - first, missing);
      } else {
        std::copy(from.begin() + first, from.begin() + last, to.begin() + at);
      }
    };
    copy(history.titles, titles, 0U);
    copy(history.times, times, int64_t{0});
    copy(history.events, events, Event{});
    copy(history.values, values, kNoValue);
    copy(history.parts, parts, Part{});
    copy(history.fractions, fractions, uint16_t{0});
    copy(history.propensities, propensities, kNoValue);
    copy(history.positions, positions, kNoPosition);
  }
};

InteractionColumns::InteractionColumns(const StagedInteractions& staged, const fs::path& folder,
                                       const Dataset* before)
    : count_(staged.count +
             (before != nullptr ? static_cast<uint64_t>(before->interactions()) : 0)),
      offsets_(folder / "interactions.offsets",
               (staged.rows_of_user.size() + 1) * sizeof(uint64_t)),
      times_(folder / "interactions.times", count_ * sizeof(int64_t)),
      titles_(folder / "interactions.titles", count_ * sizeof(uint32_t)),
      events_(folder / "interactions.events", count_ * sizeof(Event)),
      values_(folder / "interactions.values", count_ * sizeof(float)),
      parts_(folder / "interactions.parts", count_ * sizeof(Part)) {
  if (staged.fractions || (before != nullptr && before->has_fractions())) {
    fractions_.emplace(folder / "interactions.fractions", count_ * sizeof(uint16_t));
  }
  if (!staged.shown.empty() || (before != nullptr && before->has_propensities())) {
    propensities_.emplace(folder / "interactions.propensities", count_ * sizeof(float));
    positions_.emplace(folder / "interactions.positions", count_ * sizeof(uint32_t));
  }
  write(staged, folder, before);
}

void InteractionColumns::write(const StagedInteractions& staged, const fs::path& folder,
                               const Dataset* before) {
  const auto offsets = offsets_.as<uint64_t>();
  for (size_t user = 0; user < staged.rows_of_user.size(); ++user) {
    offsets[user + 1] =
        offsets[user] + staged.rows_of_user[user] + before_of(before, user).titles.size();
  }
  const std::vector<uint64_t> staged_offsets = offsets_of(staged.rows_of_user);
  const MappedFile rows_file(staged.rows);
  const auto rows = rows_file.as<Row>();
  const MappedFile shown_file = staged.shown.empty() ? MappedFile() : MappedFile(staged.shown);
  const auto shown = shown_file.as<Shown>();
  auto index = places_by_user(staged, rows, staged_offsets, folder / ".places");
  const auto places = index ? index->as<Place>() : std::span<Place>();
  const Views views = this->views();

  parallel_for(staged.users(), kUsersABlock, [&](int64_t begin, int64_t end) {
    std::vector<Key> keys;
    for (auto user = static_cast<size_t>(begin); user < static_cast<size_t>(end); ++user) {
      keys.clear();
      for (size_t i = staged_offsets[user]; i < staged_offsets[user + 1]; ++i) {
        const Place place = places.empty() ? static_cast<Place>(i) : places[i];
        keys.push_back({rows[place].time, rows[place].fraction, place});
      }
      if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
      const History old = before_of(before, user);
      size_t at = offsets[user], done = 0;  // of what the user did before
      for (const Key& key : keys) {
        const auto next = first_after(old, done, key.time, key.fraction);
        views.put(at, old, done, next);
        at += next - done;
        done = next;
        views.put(at++, rows[key.place], shown.empty() ? nullptr : &shown[key.place]);
      }
      views.put(at, old, done, old.titles.size());
    }
  });
  fs::remove(folder / ".places");
}

InteractionColumns::Views InteractionColumns::views() {
  return {titles_.as<uint32_t>(),
          times_.as<int64_t>(),
          events_.as<Event>(),
          values_.as<float>(),
          parts_.as<Part>(),
          fractions_ ? fractions_->as<uint16_t>() : std::span<uint16_t>(),
          propensities_ ? propensities_->as<float>() : std::span<float>(),
          positions_ ? positions_->as<uint32_t>() : std::span<uint32_t>()};
}

namespace {

// Moves the kept values to the front; the file ends after them.
template <typename T>
void compact(MappedOutput& column, std::span<const uint8_t> kept) {
  const std::span<T> values = column.as<T>();
  size_t end = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] != 0) values[end++] = values[i];
  }
  column.shrink(end * sizeof(T));
}

}  // namespace

std::vector<bool> InteractionColumns::leave_out(std::span<const uint8_t> kept,
                                                std::span<const uint32_t> titles) {
  const auto offsets = offsets_.as<uint64_t>();
  std::vector<bool> stays(offsets.size() - 1);
  size_t users = 0;
  uint64_t count = 0;
  for (size_t user = 0, row = 0; user + 1 < offsets.size(); ++user) {
    // Offsets are written behind the place where they are read.
    const uint64_t end = offsets[user + 1], before = count;
    for (; row < end; ++row) count += kept[row];
    stays[user] = count > before;
    if (stays[user]) offsets[++users] = count;
  }
  offsets_.shrink((users + 1) * sizeof(uint64_t));
  compact<int64_t>(times_, kept);
  compact<uint32_t>(titles_, kept);
  for (uint32_t& title : titles_.as<uint32_t>()) title = titles[title];
  compact<Event>(events_, kept);
  compact<float>(values_, kept);
  compact<Part>(parts_, kept);
  if (fractions_) compact<uint16_t>(*fractions_, kept);
  if (propensities_) compact<float>(*propensities_, kept);
  if (positions_) compact<uint32_t>(*positions_, kept);
  return stays;
}

}  // namespace marquee::data
