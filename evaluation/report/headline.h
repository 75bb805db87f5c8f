// What the report comes to, in plain words.
#pragma once

#include <string>

#include "evaluation/report/report.h"

namespace marquee::evaluation {

// Plain text: which model ranks best and whether that is sure.
std::string headline(const Report& report);

// HTML: by how much, over which others, with intervals.
std::string lead(const Report& report);

}  // namespace marquee::evaluation
