#include "data/dataset.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/event_facts.h"
#include "data/limits.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kUsersABlock = 4096;

[[noreturn]] void throw_misfit(const Manifest& manifest, const std::string& what) {
  throw artefact_error(cat("the dataset ", manifest.folder.string(), " is inconsistent: ", what,
                           "; make it again with `marquee ingest`"));
}

// Values of one byte each; the file may hold any.
template <typename Enum>
std::span<const Enum> as_enum(const MappedFile& file) {
  static_assert(sizeof(Enum) == 1);
  return file.as<Enum>();
}

}  // namespace

Dataset::Dataset(const fs::path& folder, Learning learning)
    : artefact_(folder, "dataset"),
      learning_(learning),
      name_(manifest().fact<std::string>("name")),
      split_(manifest().fact<std::string>("split")),
      weights_(event_weights_of(manifest())),
      catalogue_(artefact_),
      user_ids_(artefact_, "users.ids"),
      attribute_names_(manifest().fact<std::vector<std::string>>("user_attributes")),
      offsets_file_(artefact_.file("interactions.offsets")),
      titles_file_(artefact_.file("interactions.titles")),
      times_file_(artefact_.file("interactions.times")),
      events_file_(artefact_.file("interactions.events")),
      values_file_(artefact_.file("interactions.values")),
      parts_file_(artefact_.file("interactions.parts")),
      offsets_(offsets_file_.as<uint64_t>()),
      titles_(titles_file_.as<uint32_t>()),
      times_(times_file_.as<int64_t>()),
      events_(as_enum<Event>(events_file_)),
      values_(values_file_.as<float>()),
      parts_(as_enum<Part>(parts_file_)) {
  for (size_t i = 0; i < attribute_names_.size(); ++i) {
    attributes_.emplace_back(artefact_, cat("users.attribute", i));
  }
  if (manifest().lists("interactions.fractions")) {
    fractions_file_ = MappedFile(artefact_.file("interactions.fractions"));
    fractions_ = fractions_file_.as<uint16_t>();
  }
  if (manifest().fact<bool>("has_propensities")) {
    propensities_file_ = MappedFile(artefact_.file("interactions.propensities"));
    propensities_ = propensities_file_.as<float>();
    positions_file_ = MappedFile(artefact_.file("interactions.positions"));
    positions_ = positions_file_.as<uint32_t>();
  }
  check_columns();
  check_histories();
  if (learning_ == Learning::kTrainAndValid) learn_from_valid();
}

void Dataset::check_columns() const {
  const size_t rows = titles_.size();
  const bool columns_fit = times_.size() == rows && events_.size() == rows &&
                           values_.size() == rows && parts_.size() == rows &&
                           (fractions_.empty() || fractions_.size() == rows) &&
                           (propensities_.empty() || propensities_.size() == rows) &&
                           propensities_.size() == positions_.size();
  if (!columns_fit) throw_misfit(manifest(), "its columns of interactions differ in length");
  const bool offsets_fit = static_cast<int64_t>(offsets_.size()) == users() + 1 &&
                           offsets_.front() == 0 && offsets_.back() == rows &&
                           std::is_sorted(offsets_.begin(), offsets_.end());
  if (!offsets_fit) throw_misfit(manifest(), "its histories do not fit its interactions");
  for (const StringColumn& attribute : attributes_) {
    if (attribute.rows() != users()) {
      throw_misfit(manifest(), "an attribute does not fit its users");
    }
  }
}

void Dataset::check_histories() const {
  std::atomic<bool> fit{true};
  parallel_for(users(), kUsersABlock, [&](int64_t begin, int64_t end) {
    bool fine = true;
    for (int64_t user = begin; user < end && fine; ++user) {
      const History h = history(user);
      for (size_t i = 0; i < h.titles.size(); ++i) {
        fine &= h.titles[i] >= 1 && h.titles[i] <= catalogue_.size();
        fine &= static_cast<size_t>(h.events[i]) < kEvents && h.parts[i] <= Part::kGiven;
        fine &= !std::isinf(h.values[i]) && (i == 0 || h.times[i - 1] <= h.times[i]);
      }
    }
    if (!fine) fit = false;
  });
  if (!fit) throw_misfit(manifest(), "a history has an impossible title, event, value or time");
}

void Dataset::learn_from_valid() {
  changed_parts_.assign(parts_.begin(), parts_.end());
  for (size_t user = 0; user + 1 < offsets_.size(); ++user) {
    const auto parts =
        std::span(changed_parts_).subspan(offsets_[user], offsets_[user + 1] - offsets_[user]);
    // Of a user with test events, what is given stays the history that test begins with.
    const bool in_test = std::ranges::find(parts, Part::kTest) != parts.end();
    const bool in_valid = std::ranges::find(parts, Part::kValid) != parts.end();
    for (Part& part : parts) {
      const bool given = part == Part::kGiven && in_valid && !in_test;
      if (part == Part::kValid || given) part = Part::kTrain;
    }
  }
  parts_ = changed_parts_;
}

std::optional<int64_t> Dataset::find_user(std::string_view id) const {
  for (int64_t user = 0; user < users(); ++user) {
    if (user_ids_[user] == id) return user;
  }
  return std::nullopt;
}

History Dataset::history(int64_t user) const {
  const size_t begin = offsets_[static_cast<size_t>(user)];
  const size_t size = offsets_[static_cast<size_t>(user) + 1] - begin;
  const auto optional = [&](auto column) {
    return column.empty() ? column : column.subspan(begin, size);
  };
  return {titles_.subspan(begin, size), times_.subspan(begin, size), events_.subspan(begin, size),
          values_.subspan(begin, size), parts_.subspan(begin, size), optional(fractions_),
          optional(propensities_),      optional(positions_)};
}

std::vector<float> Dataset::signals(const History& history) const {
  std::vector<float> signals(history.titles.size());
  for (size_t i = 0; i < signals.size(); ++i) {
    signals[i] = weights_.signal(history.events[i], history.values[i]);
  }
  return signals;
}

std::vector<int64_t> Dataset::train_counts() const {
  std::vector<int64_t> counts(static_cast<size_t>(catalogue_.size()) + 1);
  for (size_t i = 0; i < titles_.size(); ++i) {
    const bool counts_it =
        parts_[i] == Part::kTrain && !weights_.is_negative(events_[i], values_[i]);
    if (counts_it) ++counts[titles_[i]];
  }
  return counts;
}

std::vector<int64_t> Dataset::train_counts_of_users() const {
  std::vector<int64_t> counts(static_cast<size_t>(users()));
  for (int64_t user = 0; user < users(); ++user) {
    counts[static_cast<size_t>(user)] = std::ranges::count(history(user).parts, Part::kTrain);
  }
  return counts;
}

}  // namespace marquee::data
