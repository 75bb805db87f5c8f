// How good recommendations are for a new member after so many answers or events: members whom
// training has never seen are asked what inference/onboarding.h asks, and answer as their history
// says; what they watched next is to be found.
#pragma once

#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

// `counts`: numbers of questions, ascending. A member likes a title of the history with a signal of
// at least 0.5, does not like one with less, and does not know any other, so that nothing of what
// is to be found is given away. Throws Error unless the test users were held out (split strong).
OnboardingCurve make_onboarding(const inference::Bundle& bundle, const TitleMap& titles,
                                const Questions& questions, const std::vector<int>& counts,
                                const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
