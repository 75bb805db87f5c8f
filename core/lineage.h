// Which artefacts were made from which.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"

namespace marquee {

// The artefacts in a folder and below it, that folder included; those inside of another (such as a
// run's checkpoints) as well. What cannot be read is left out and said in the log.
std::vector<Manifest> artefacts_below(const std::filesystem::path& folder);

// Those that were made, directly or through others of them, from an artefact or a file with one of
// the ids.
std::vector<Manifest> made_from(const std::vector<Manifest>& artefacts,
                                const std::vector<std::string>& ids);

}  // namespace marquee
