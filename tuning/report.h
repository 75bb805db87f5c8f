// What a search found, as one page and as JSON.
#pragma once

#include <string>

#include "tuning/tune.h"

namespace marquee::tuning {

std::string report_html(const Tuned& tuned);
Json report_json(const Tuned& tuned);

// "model.dim=64  train.learning_rate=0.003"
std::string described(const configs::Assignments& assignments);

// The last result of each trial, best first, failed ones last.
std::vector<TrialResult> ranking(const Tuned& tuned);

}  // namespace marquee::tuning
