// What an answer shows, for the log of what was shown.
#pragma once

#include "inference/request.h"
#include "serving/pages/page_answer.h"
#include "serving/store/feedback_log.h"

namespace marquee::serving {

// Views of the answer, which must outlive them. Where no policy acts, the order of titles is the
// model's and the page's rules': nothing is drawn, so that every propensity is 1.
Exposure exposure_of(const inference::Answer& answer);
Exposure exposure_of(const PageAnswer& page);

}  // namespace marquee::serving
