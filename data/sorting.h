// Sorts staged rows into the columns of a dataset: by user, then time with its fraction of a
// second, then file order.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/file.h"
#include "data/interactions.h"

namespace marquee::data {

// The columns of interactions, mapped for writing until destroyed.
class InteractionColumns {
 public:
  // Writes all of them, those of the dataset `before` among them, if there is one: its users and
  // titles have the same indices, its interactions come before others of the same time. Parts are
  // those of the rows and of that dataset.
  InteractionColumns(const StagedInteractions& staged, const std::filesystem::path& folder,
                     const Dataset* before = nullptr);

  std::span<const uint64_t> offsets() { return offsets_.as<uint64_t>(); }  // [users + 1]
  std::span<const int64_t> times() { return times_.as<int64_t>(); }
  std::span<const uint32_t> titles() { return titles_.as<uint32_t>(); }
  std::span<const Event> events() { return events_.as<Event>(); }
  std::span<float> values() { return values_.as<float>(); }
  bool has_propensities() const { return propensities_.has_value(); }
  std::span<Part> parts() { return parts_.as<Part>(); }

  // Leaves out interactions that are not `kept` [interactions], and users who have none then; gives
  // titles new indices, those of `titles`. → which users stay.
  std::vector<bool> leave_out(std::span<const uint8_t> kept, std::span<const uint32_t> titles);

 private:
  struct Views;
  Views views();
  void write(const StagedInteractions& staged, const std::filesystem::path& folder,
             const Dataset* before);

  uint64_t count_;
  MappedOutput offsets_, times_, titles_, events_, values_, parts_;
  std::optional<MappedOutput> fractions_, propensities_, positions_;
};

}  // namespace marquee::data
