// What more varied lists cost, in the report.
#pragma once

#include <string>

#include "core/json.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

std::string frontier_section(const Report& report);  // "" where it was not asked for
std::string frontier_console(const Report& report);  // the same for a terminal
Json frontier_json(const BundleResult& bundle);

}  // namespace marquee::evaluation
