// The parts of the page of an audit of fairness.
#pragma once

#include <string>

#include "evaluation/fairness/audit.h"

namespace marquee::evaluation {

std::string members_section(const FairnessReport& report);
std::string ratings_section(const FairnessReport& report);  // "" where none are predicted
std::string providers_section(const FairnessReport& report);
std::string european_section(const FairnessReport& report);  // "" where no title has countries
std::string amplification_section(const FairnessReport& report);

// "known for 93.0 % of the titles; 34.1 % of the catalogue, ...", for page and console.
std::string european_line(const FairnessReport& report);

std::string change_text(double share);  // "-4.2 %"
std::string score_text(double value);   // "0.0578"
std::string times_text(double value);   // "1.95"

}  // namespace marquee::evaluation
