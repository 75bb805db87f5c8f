// Statistics of experiments from sums over members: differences with intervals, adjusted by what
// was known before, valid at a fixed end or at every look. Equal to GrowthBook's gbstats where it
// has them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marquee::policy {

// Sums over the members of an arm. For a ratio metric x is the numerator and y the denominator;
// with a covariate x is the metric and y what it was before the experiment; else y is not used.
struct ArmSums {
  double n = 0;
  double x = 0, xx = 0;
  double y = 0, yy = 0, xy = 0;

  void add(double value, double other = 0) {
    n += 1;
    x += value;
    xx += value * value;
    y += other;
    yy += other * other;
    xy += value * other;
  }
};

// A mean over members with its sampling variance (of one member; the mean's is variance / n).
struct Estimated {
  double n = 0, mean = 0, variance = 0;
};

Estimated mean_of(const ArmSums& sums);   // of x
Estimated ratio_of(const ArmSums& sums);  // Σx / Σy, by the delta method (Deng et al. 2018)

// One of the values of a member.
struct MemberValue {
  uint32_t member = 0;
  double value = 0;
};
// The value below which a share of all values lies, 0 < share < 1, with its variance from order
// statistics: the share of values below it varies as a ratio over members, whose values are not
// independent (Deng, Knoblich & Lu, KDD 2018). n: members.
Estimated quantile_of(std::vector<MemberValue> values, double share);

// CUPED (Deng et al. 2013): x − θ(y − mean of y), with θ and the mean of y over both arms.
struct Adjusted {
  Estimated control, treatment;
  double theta = 0;
};
Adjusted adjusted(const ArmSums& control, const ArmSums& treatment);

// Treatment minus control, or that as a share of the control.
struct Difference {
  double value = 0, low = 0, high = 0;
  double p = 1;      // two-sided
  double error = 0;  // standard error
};

// Welch's t-test. For a relative difference the delta method, with the covariance of neither.
Difference absolute_difference(const Estimated& control, const Estimated& treatment, double alpha);
Difference relative_difference(const Estimated& control, const Estimated& treatment, double alpha);

// The same with an asymptotic confidence sequence (Waudby-Smith et al. 2024), which is right at all
// looks together; narrowest at `tuned_n` members. p is 1 / e-value.
Difference always_valid(const Difference& difference, double n, double alpha, double tuned_n);

// Half of the width of that sequence for values of this variance after n members.
double sequence_half_width(double variance, double n, double alpha, double tuned_n);

// Mixture sequential probability ratio test (Johari et al. 2017): the likelihood ratio after n
// members an arm, with this difference, variance of a member and mixing variance.
double mixture_ratio(double n, double difference, double variance, double mixing_variance);

// The difference with that test, for any number of looks: mixed over true differences with a
// standard deviation of `mixing`. p is 1 / ratio.
Difference mixture_test(const Difference& difference, double alpha, double mixing);

// Sample ratio: the chance of counts at least this far from the shares (χ²).
double sample_ratio_p(std::span<const double> counts, std::span<const double> shares);

// p values adjusted for their number: of being wrong anywhere (Holm 1979), and for the share that
// is wrong among those below a level (Benjamini & Hochberg 1995). In the order given.
std::vector<double> holm(std::span<const double> p_values);
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

// The least absolute difference that is found with this power at level alpha.
double detectable_difference(double control_variance, double control_n, double treatment_n,
                             double alpha, double power);
// Members an arm that find this difference.
double members_needed(double variance, double difference, double alpha, double power);

// A member's time until something happened, or until observation ended.
struct Lifetime {
  double time = 0;
  bool ended = false;  // false: censored at `time`
};

struct SurvivalPoint {
  double time = 0, survival = 1, variance = 0;  // after that time (Kaplan & Meier 1958, Greenwood)
};
std::vector<SurvivalPoint> kaplan_meier(std::vector<Lifetime> lives);
double survival_at(std::span<const SurvivalPoint> curve, double time);
// Area under the curve up to `end` (restricted mean survival time) and its variance.
struct RestrictedMean {
  double mean = 0, variance = 0;
};
RestrictedMean restricted_mean(std::span<const SurvivalPoint> curve, double end);

struct LogRank {
  double chi_squared = 0, p = 1;  // one degree of freedom
};
LogRank log_rank(std::span<const Lifetime> a, std::span<const Lifetime> b);

}  // namespace marquee::policy
