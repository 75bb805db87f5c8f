// What noise costs: Renyi differential privacy of the Gaussian mechanism on a Poisson sample of the
// members (Mironov, Talwar & Zhang 2019), added up over steps and converted to (epsilon, delta) for
// adding or removing one member. The same values as RdpAccountant of dp-accounting 0.6.0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marquee::training {

// How the sum over all orders becomes epsilon: Canonne, Kamath & Steinke 2020, proposition 12,
// which is equation 20 of Balle et al. 2020. Older papers print larger values for the same noise.
inline constexpr const char* kConversion = "Renyi DP, Canonne, Kamath & Steinke 2020";

// A sum with Gaussian noise, released `steps` times.
struct Mechanism {
  double sampling = 1;  // probability that a member takes part in a step; 1: all do
  double noise = 1;     // standard deviation over the most that one member changes the sum (L2)
  int64_t steps = 1;
};

// Of one step, at an order above 1; infinite where it is not bounded.
double renyi_divergence(double sampling, double noise, double order);

// Of all together.
double epsilon_of(std::span<const Mechanism> mechanisms, double delta);

struct PrivacyBudget {
  double epsilon = 0;
  double delta = 0;
};

// The least noise with which `wanted` (its own noise is not read) and `others` together keep within
// the budget. Throws Error if delta is not between 0 and 1 or epsilon is out of reach: not above 0,
// spent by the others, or less than a step costs with the largest noise that is tried.
double noise_for(const PrivacyBudget& budget, const Mechanism& wanted,
                 std::span<const Mechanism> others = {});

}  // namespace marquee::training
