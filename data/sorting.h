// Sorts staged rows into the columns of a dataset: by user, then time with its fraction of a
// second, then file order.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "core/file.h"
#include "data/interactions.h"

namespace marquee::data {

// The columns of interactions, mapped for writing until destroyed.
class InteractionColumns {
 public:
  // Writes all of them; parts are those of the rows.
  InteractionColumns(const StagedInteractions& staged, const std::filesystem::path& folder);

  std::span<const uint64_t> offsets() { return offsets_.as<uint64_t>(); }  // [users + 1]
  std::span<const int64_t> times() { return times_.as<int64_t>(); }
  std::span<const uint32_t> titles() { return titles_.as<uint32_t>(); }
  std::span<Part> parts() { return parts_.as<Part>(); }

 private:
  void write(const StagedInteractions& staged, const std::filesystem::path& folder);

  MappedOutput offsets_, times_, titles_, events_, values_, parts_;
  std::optional<MappedOutput> propensities_, positions_;
};

}  // namespace marquee::data
