// New members, in the report: how good lists are after so many answers or events.
#pragma once

#include <string>

#include "core/json.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

std::string onboarding_section(const Report& report);  // "" where it was not asked for
std::string onboarding_console(const Report& report);  // the same for a terminal
Json onboarding_json(const OnboardingCurve& curve);

}  // namespace marquee::evaluation
