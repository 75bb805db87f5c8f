// What a bundle knows of contexts (inference/contexts.h), counted in the training data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace marquee::exporting {

// Members that a value of a column must have to be in a bundle, and members who must have watched a
// title there for it to count as watched: nothing is said about fewer people.
inline constexpr int64_t kLeastMembers = 50, kLeastWatchers = 10;

// Writes contexts.json and contexts.bin. `columns`: of the users file, or "hour", the hour of the
// day of each interaction. Throws Error for one that the dataset does not have, or that has no
// value or more than 1,000 values of enough members.
void write_contexts(const data::Dataset& dataset, const std::vector<std::string>& columns,
                    const std::filesystem::path& folder);

// A section of the model card; "" without columns.
std::string contexts_card(const std::vector<std::string>& columns);

}  // namespace marquee::exporting
