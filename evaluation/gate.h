// Whether a new bundle may replace the one that serves.
#pragma once

#include <string>
#include <vector>

#include "configs/gate_config.h"
#include "evaluation/bootstrap.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

// Compares the first bundle of a report with the second, by paired differences where metrics are
// compared, and in slices by both intervals: one is certainly below the other where they do not
// overlap. Throws Error that names what the configuration asks for and the report has not.
std::vector<GateFinding> gate_findings(const Report& report, const configs::GateConfig& config);

// A table of the findings, and whether the gate is open.
std::string gate_console(const std::vector<GateFinding>& findings);

}  // namespace marquee::evaluation
