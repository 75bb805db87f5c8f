// Whether a difference between two bundles may be chance, alone and when many pairs are compared.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// Two-sided p of a difference over the same users being 0: Student's t with users − 1 degrees
// of freedom, of the difference over its standard error across resamples. For averages this is the
// paired t-test, which keeps its level on ranking metrics and finds most differences (Smucker,
// Allan & Carterette, CIKM 2007; Urbano, Lima & Hanjalic, SIGIR 2019); the resamples extend it to
// ratios such as rmse (Efron & Tibshirani 1993). 1 where both bundles are the same for every user.
double p_value(const Resampled& difference, int64_t users);

// Each p of a family, adjusted so that the chance of any false finding in it stays below the level
// that it is compared with (Holm, Scandinavian Journal of Statistics 6(2), 1979). In their order.
std::vector<double> holm(std::span<const double> p);

// P(|T| > |t|) of Student's t.
double student_tails(double t, double degrees_of_freedom);

}  // namespace marquee::evaluation
