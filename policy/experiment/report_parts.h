// Parts of an experiment's report: numbers as text, and plots.
#pragma once

#include <string>

#include "policy/experiment/experiment.h"

namespace marquee::policy {

std::string number(double value);          // 4 digits
std::string percent(double share);         // 0.123 -> "12.30 %"
std::string signed_percent(double share);  // "+12.30 %"
std::string range(const Difference& d);    // "+1.20 % to +3.40 %"
std::string p_text(double p);              // "0.0123", "< 0.0001"

// Relative differences of all metrics and arms with their intervals, a line each, as HTML.
std::string lifts_plot(const ExperimentReport& report);
// Of a survival metric, else "".
std::string daily_plot(const ExperimentReport& report);  // of a simulation; "" without one
std::string survival_plot(const ExperimentReport& report, const MetricResult& metric);

// How far a surrogate metric is to be trusted.
std::string surrogate_text(const SurrogateQuality& quality);

// "ials is preferred to two_tower: ..."
std::string preference_text(const Preference& preference);
std::string preference_section(const ExperimentReport& report);  // "" without interleaved pages

}  // namespace marquee::policy
