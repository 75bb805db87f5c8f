// Golden requests: answered when a bundle is loaded, so that one that gives other answers than it
// was exported with is never served.
#pragma once

#include <span>
#include <string>

#include "core/json.h"
#include "inference/runner.h"

namespace marquee::inference {

inline constexpr float kGoldenTolerance = 1e-4f;  // of a score, relative above 1

// Answers the bundle's golden.json: [{"request": {...}, "answer": {...}}, ...]. Throws Error
// (artefact) for a request whose answer has other titles (but those whose scores are within the
// tolerance) or scores.
void check_golden(const Bundle& bundle);

// The content of golden.json for these requests, as the runner answers them.
Json golden_json(const Runner& runner, std::span<const std::string> requests);

}  // namespace marquee::inference
