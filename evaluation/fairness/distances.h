// Intervals of metrics of all members together that are no ratio of sums, such as distances between
// groups.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// Values of metrics, given how often each member counts: [members], 1 each for the values of all.
using MemberMeasure = std::function<std::vector<double>(std::span<const double> counts)>;

// Resamples members with repetition, as bootstrap() does. `measure` is called from several threads.
std::vector<Resampled> resample_members(int64_t members, const MemberMeasure& measure,
                                        const BootstrapOptions& options);

// A distance is above 0 by chance alone, and resamples, which repeat members, are further above:
// their interval, moved so that their mean is the value, and not below 0 (basic correction of bias,
// Efron & Tibshirani 1993, chapter 10).
Interval centred(Resampled distance);

}  // namespace marquee::evaluation
