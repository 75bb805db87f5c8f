#include "data/sorting.h"

#include <algorithm>
#include <compare>
#include <numeric>
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

}  // namespace

InteractionColumns::InteractionColumns(const StagedInteractions& staged, const fs::path& folder)
    : offsets_(folder / "interactions.offsets",
               (staged.rows_of_user.size() + 1) * sizeof(uint64_t)),
      times_(folder / "interactions.times", staged.count * sizeof(int64_t)),
      titles_(folder / "interactions.titles", staged.count * sizeof(uint32_t)),
      events_(folder / "interactions.events", staged.count * sizeof(Event)),
      values_(folder / "interactions.values", staged.count * sizeof(float)),
      parts_(folder / "interactions.parts", staged.count * sizeof(Part)) {
  if (!staged.shown.empty()) {
    propensities_.emplace(folder / "interactions.propensities", staged.count * sizeof(float));
    positions_.emplace(folder / "interactions.positions", staged.count * sizeof(uint32_t));
  }
  write(staged, folder);
}

void InteractionColumns::write(const StagedInteractions& staged, const fs::path& folder) {
  const auto offsets = offsets_.as<uint64_t>();
  std::inclusive_scan(staged.rows_of_user.begin(), staged.rows_of_user.end(), offsets.begin() + 1);
  const MappedFile rows_file(staged.rows);
  const auto rows = rows_file.as<Row>();
  const MappedFile shown_file = staged.shown.empty() ? MappedFile() : MappedFile(staged.shown);
  const auto shown = shown_file.as<Shown>();
  auto index = places_by_user(staged, rows, offsets, folder / ".places");
  const auto places = index ? index->as<Place>() : std::span<Place>();

  const auto titles = titles_.as<uint32_t>();
  const auto times = times_.as<int64_t>();
  const auto events = events_.as<Event>();
  const auto values = values_.as<float>();
  const auto parts = parts_.as<Part>();
  const auto propensities = propensities_ ? propensities_->as<float>() : std::span<float>();
  const auto positions = positions_ ? positions_->as<uint32_t>() : std::span<uint32_t>();

  parallel_for(staged.users(), kUsersABlock, [&](int64_t begin, int64_t end) {
    std::vector<Key> history;
    for (auto user = static_cast<size_t>(begin); user < static_cast<size_t>(end); ++user) {
      history.clear();
      for (size_t i = offsets[user]; i < offsets[user + 1]; ++i) {
        const Place place = places.empty() ? static_cast<Place>(i) : places[i];
        history.push_back({rows[place].time, rows[place].fraction, place});
      }
      if (!std::is_sorted(history.begin(), history.end())) {
        std::sort(history.begin(), history.end());
      }
      size_t at = offsets[user];
      for (const Key& key : history) {
        const Row& row = rows[key.place];
        titles[at] = row.title;
        times[at] = row.time;
        events[at] = row.event;
        values[at] = row.value;
        parts[at] = row.part;
        if (!shown.empty()) {
          propensities[at] = shown[key.place].propensity;
          positions[at] = shown[key.place].position;
        }
        ++at;
      }
    }
  });
  fs::remove(folder / ".places");
}

}  // namespace marquee::data
