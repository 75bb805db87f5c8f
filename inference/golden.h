// Golden requests: answered when a bundle is loaded. A bundle whose answers differ from those at
// export is never served.
#pragma once

#include <span>
#include <string>

#include "core/json.h"
#include "inference/runner.h"

namespace marquee::inference {

inline constexpr float kGoldenTolerance = 1e-4f;  // of a score, relative above 1

// Answers the bundle's golden.json: [{"request": {...}, "answer": {...}}, ...]. Throws Error
// (artefact) if an answer has other scores or other titles, but for titles whose scores tie within
// the tolerance.
void check_golden(const Bundle& bundle);

// The content of golden.json for these requests, as the runner answers them.
Json golden_json(const Runner& runner, std::span<const std::string> requests);

}  // namespace marquee::inference
