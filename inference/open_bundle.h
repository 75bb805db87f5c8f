// Opens a bundle for answering: loads it, then checks it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "inference/bundle.h"

namespace marquee::inference {

// Loads the bundle, then answers its golden requests. Throws as Bundle does, and Error (artefact)
// for an answer that differs from the golden one by more than kGoldenTolerance.
std::shared_ptr<const Bundle> open_bundle(const std::filesystem::path& folder,
                                          const std::string& device = "cpu",
                                          const TrustedKeys* trusted = nullptr);

}  // namespace marquee::inference
