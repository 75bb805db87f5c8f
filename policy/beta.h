// Draws from a Beta distribution, for Bernoulli rewards.
#pragma once

#include "core/random.h"

namespace marquee::policy {

// Shape above 0, scale 1 (Marsaglia & Tsang 2000).
double gamma_draw(RandomStream& random, double shape);

// Both parameters above 0.
double beta_draw(RandomStream& random, double alpha, double beta);

}  // namespace marquee::policy
