// The model card of a bundle with what was measured of it since it was exported: quality, fairness
// and privacy, from the reports of `marquee evaluate` and `marquee audit` and from nothing else.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace marquee::evaluation {

// In Markdown. Throws Error for a folder that is no bundle or no report (artefact), or for a report
// that does not name this bundle.
std::string measured_card(const std::filesystem::path& bundle,
                          const std::vector<std::filesystem::path>& reports);

}  // namespace marquee::evaluation
