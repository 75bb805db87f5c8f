// Reads an interactions file to rows in file order, ids replaced by indices.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/problems.h"
#include "data/dataset.h"
#include "data/mapping.h"
#include "data/table.h"
#include "data/tombstones.h"
#include "data/vocabulary.h"

namespace marquee::data {

// The columns of an interactions file, in the order of Table::columns().
enum class InteractionColumn {
  kUser,
  kTitle,
  kTime,
  kEvent,
  kValue,
  kSplit,
  kPropensity,
  kPosition
};
inline constexpr size_t kInteractionColumns = 8;

// The names that these columns have in a file (docs/data.md).
Schema interactions_schema();

// One interaction as it is staged.
struct Row {
  int64_t time;
  uint32_t user;
  uint32_t title;
  float value;
  uint16_t fraction;  // of a second after `time`, in 1/65536; for the order alone
  Event event;
  Part part;
};
static_assert(sizeof(Row) == 24);

// How it was shown; staged beside the rows where the file says so.
struct Shown {
  float propensity;   // NaN: unknown
  uint32_t position;  // kNoPosition: unknown
};

// The rows of a file, staged in a folder as arrays of Row and Shown, and facts about them.
struct StagedInteractions {
  std::filesystem::path rows;
  std::filesystem::path shown;         // empty where the file says nothing about it
  std::vector<uint64_t> rows_of_user;  // [users]
  bool fractions = false;              // some times have a fraction of a second
  bool grouped = true;                 // each user's rows are adjacent, users in their order
  uint64_t count = 0;
  std::array<int64_t, kReasons> left_out = {};  // records, by LeftOut
  std::vector<int64_t> of_name;  // records, by the names of events that the mapping has

  int64_t users() const { return static_cast<int64_t>(rows_of_user.size()); }
};

// Where interactions are staged, and what they add to.
struct StagingArea {
  const std::filesystem::path& folder;
  Vocabulary& users;
  Vocabulary& titles;
  Problems& problems;
  const Tombstones& forgotten;
  const Mapping& mapping;
};

// Parses pieces in parallel and joins them in the order of tables and their records, so that the
// result does not depend on the number of threads. Users and titles that are new are appended to
// their vocabularies. Where there are problems, the staged rows are incomplete. `given`: the column
// `split` fills Row::part.
StagedInteractions stage_interactions(std::span<const std::unique_ptr<Table>> tables, bool given,
                                      const StagingArea& area);

}  // namespace marquee::data
