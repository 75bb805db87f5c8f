// The golden requests of a bundle that is being written (inference/golden.h reads them).
#pragma once

#include <filesystem>
#include <vector>

#include "core/artefact.h"

namespace marquee::exporting {

// Adds golden.json to a folder that holds all other files of a bundle: requests of a new user, with
// one title, several titles and an unknown id, and the bundle's own answers.
void write_golden_requests(const std::filesystem::path& folder, const Json& facts,
                           const std::vector<Source>& sources);

}  // namespace marquee::exporting
