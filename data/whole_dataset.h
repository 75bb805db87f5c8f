// A dataset whose mapping has rules over whole histories (thinning.h) keeps, in a folder of its
// own, all that there was before these rules: they look at it again when something is appended, so
// that what comes of it is what one ingest of everything gives.
#pragma once

#include <filesystem>

#include "core/artefact.h"
#include "data/thinning.h"
#include "data/users.h"

namespace marquee::data {

inline constexpr const char* kWholeDataset = "whole";

// Where it is. Throws Error if the dataset has none, as one of an earlier version; Error (artefact)
// if it is another than the dataset was written with.
std::filesystem::path whole_of(const Manifest& dataset);
bool has_whole(const Manifest& dataset);

// Copies the columns of interactions, which are in `folder`, and writes all that they are of beside
// them. facts: of the dataset.
void keep_whole(const std::filesystem::path& folder, InteractionColumns& columns,
                const Numbered& numbered, const UserAttributes& attributes, Json facts);

}  // namespace marquee::data
