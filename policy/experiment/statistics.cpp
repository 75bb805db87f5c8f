#include "policy/experiment/statistics.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace marquee::policy {

namespace {

double variance(double n, double sum, double squares) {
  return n > 1 ? std::max(0.0, (squares - sum * sum / n) / (n - 1)) : 0;
}

double covariance(const ArmSums& sums) {
  return sums.n > 1 ? (sums.xy - sums.x * sums.y / sums.n) / (sums.n - 1) : 0;
}

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal(), probability);
}

// Welch and Satterthwaite.
double degrees_of_freedom(const Estimated& a, const Estimated& b) {
  const double va = a.variance / a.n, vb = b.variance / b.n;
  return (va + vb) * (va + vb) / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
}

Difference tested(double value, double error, double freedom, double alpha) {
  Difference result{value, value, value, 1, error};
  if (!(error > 0) || !std::isfinite(error)) {  // nothing varies
    result.p = value == 0 ? 1 : 0;
    return result;
  }
  const boost::math::students_t student(freedom);
  const double half = boost::math::quantile(student, 1 - alpha / 2) * error;
  result.low = value - half;
  result.high = value + half;
  result.p = 2 * boost::math::cdf(boost::math::complement(student, std::abs(value) / error));
  return result;
}

double mixing(double alpha, double tuned_n) {
  return std::sqrt((-2 * std::log(alpha) + std::log(1 - 2 * std::log(alpha))) / tuned_n);
}

}  // namespace

Estimated mean_of(const ArmSums& sums) {
  return {sums.n, sums.x / sums.n, variance(sums.n, sums.x, sums.xx)};
}

Estimated ratio_of(const ArmSums& sums) {
  const double numerator = sums.x / sums.n, denominator = sums.y / sums.n;
  const double d2 = denominator * denominator;
  return {sums.n, numerator / denominator,
          variance(sums.n, sums.x, sums.xx) / d2 +
              variance(sums.n, sums.y, sums.yy) * numerator * numerator / (d2 * d2) -
              2 * covariance(sums) * numerator / (d2 * denominator)};
}

Estimated quantile_of(std::vector<MemberValue> values, double share) {
  std::ranges::sort(values, {}, &MemberValue::value);
  const auto count = static_cast<double>(values.size());
  // Linear between the values, as NumPy's default.
  const auto at = [&](double part) {
    const double place = std::clamp(part, 0.0, 1.0) * (count - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, values.size() - 1);
    const double between = place - static_cast<double>(below);
    return values[below].value * (1 - between) + values[above].value * between;
  };
  const double quantile = at(share);
  std::unordered_map<uint32_t, double> excess;  // by member: values below it, more than expected
  for (const MemberValue& each : values) {
    excess[each.member] += (each.value <= quantile ? 1 : 0) - share;
  }
  const auto members = static_cast<double>(excess.size());
  double squares = 0;
  for (const auto& [member, of] : excess) squares += of * of;
  const double error = std::sqrt(squares * members / std::max(1.0, members - 1)) / count;
  constexpr double kWidth = 1.959963984540054;  // the 95 % interval of the share
  const double low = std::max(0.0, share - kWidth * error);
  const double high = std::min(1.0, share + kWidth * error);
  // As a share of errors: fewer than both widths where an end of the values cuts them off.
  const double deviation = error > 0 ? (at(high) - at(low)) / ((high - low) / error) : 0;
  return {members, quantile, deviation * deviation * members};
}

Adjusted adjusted(const ArmSums& control, const ArmSums& treatment) {
  const auto before = [](const ArmSums& sums) { return variance(sums.n, sums.y, sums.yy); };
  const ArmSums both{control.n + treatment.n, control.x + treatment.x,   control.xx + treatment.xx,
                     control.y + treatment.y, control.yy + treatment.yy, control.xy + treatment.xy};
  Adjusted result;
  result.theta = before(both) > 0 ? covariance(both) / before(both) : 0;
  const double centre = both.y / both.n;
  const auto adjust = [&](const ArmSums& sums) {
    const double theta = result.theta;
    return Estimated{
        sums.n, sums.x / sums.n - theta * (sums.y / sums.n - centre),
        std::max(0.0, variance(sums.n, sums.x, sums.xx) + theta * theta * before(sums) -
                          2 * theta * covariance(sums))};
  };
  result.control = adjust(control);
  result.treatment = adjust(treatment);
  return result;
}

Difference absolute_difference(const Estimated& control, const Estimated& treatment, double alpha) {
  const double error = std::sqrt(control.variance / control.n + treatment.variance / treatment.n);
  return tested(treatment.mean - control.mean, error, degrees_of_freedom(control, treatment),
                alpha);
}

Difference relative_difference(const Estimated& control, const Estimated& treatment, double alpha) {
  const double a = control.mean, b = treatment.mean;
  const double error = std::sqrt(treatment.variance / treatment.n / (a * a) +
                                 control.variance / control.n * b * b / (a * a * a * a));
  return tested((b - a) / a, error, degrees_of_freedom(control, treatment), alpha);
}

double sequence_half_width(double variance, double n, double alpha, double tuned_n) {
  const double rho = mixing(alpha, tuned_n), r = n * rho * rho + 1;
  return std::sqrt(variance) *
         std::sqrt(2 * r / (n * n * rho * rho) * std::log(std::sqrt(r) / alpha));
}

Difference always_valid(const Difference& difference, double n, double alpha, double tuned_n) {
  Difference result = difference;
  if (!(difference.error > 0)) return result;
  // A mean of n values of this variance has the difference's standard error.
  const double variance = difference.error * difference.error * n;
  const double half = sequence_half_width(variance, n, alpha, tuned_n);
  result.low = difference.value - half;
  result.high = difference.value + half;
  const double rho = mixing(alpha, tuned_n), r = n * rho * rho + 1;
  const double s = difference.value * n / std::sqrt(variance);
  const double log_evidence = rho * rho * s * s / (2 * r) - 0.5 * std::log(r);
  result.p = std::min(1.0, std::exp(-log_evidence));
  return result;
}

double mixture_ratio(double n, double difference, double variance, double mixing_variance) {
  const double v = 2 * variance;
  return std::sqrt(v / (v + n * mixing_variance)) *
         std::exp(n * n * mixing_variance * difference * difference /
                  (2 * v * (v + n * mixing_variance)));
}

Difference mixture_test(const Difference& difference, double alpha, double mixing) {
  Difference result = difference;
  const double v = difference.error * difference.error, mixed = v + mixing * mixing;
  if (!(v > 0) || !(mixing > 0)) return result;
  const double half =
      std::sqrt(v * mixed / (mixing * mixing) * (2 * std::log(1 / alpha) + std::log(mixed / v)));
  result.low = difference.value - half;
  result.high = difference.value + half;
  // As the likelihood ratio of one member in each arm, whose difference has this variance.
  result.p = std::min(1.0, 1 / mixture_ratio(1, difference.value, v / 2, mixing * mixing));
  return result;
}

double sample_ratio_p(std::span<const double> counts, std::span<const double> shares) {
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
  double chi_squared = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = all * shares[i] / whole;
    chi_squared += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  const boost::math::chi_squared distribution(static_cast<double>(counts.size() - 1));
  return boost::math::cdf(boost::math::complement(distribution, chi_squared));
}

namespace {

std::vector<size_t> ascending(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return values[i]; });
  return order;
}

}  // namespace

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<double> adjusted_p(p_values.size());
  double most = 0;
  size_t rank = 0;
  for (const size_t i : ascending(p_values)) {
    most =
        std::max(most, std::min(1.0, p_values[i] * static_cast<double>(p_values.size() - rank++)));
    adjusted_p[i] = most;
  }
  return adjusted_p;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<double> adjusted_p(p_values.size());
  const auto order = ascending(p_values);
  double least = 1;
  for (size_t rank = order.size(); rank-- > 0;) {
    const double scaled = p_values[order[rank]] * static_cast<double>(p_values.size()) /
                          static_cast<double>(rank + 1);
    least = std::min(least, scaled);
    adjusted_p[order[rank]] = least;
  }
  return adjusted_p;
}

double detectable_difference(double control_variance, double control_n, double treatment_n,
                             double alpha, double power) {
  const double error = std::sqrt(control_variance / control_n + control_variance / treatment_n);
  return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * error;
}

double members_needed(double variance, double difference, double alpha, double power) {
  const double z = normal_quantile(1 - alpha / 2) + normal_quantile(power);
  return 2 * variance * z * z / (difference * difference);
}

std::vector<SurvivalPoint> kaplan_meier(std::vector<Lifetime> lives) {
  std::ranges::sort(lives, {}, &Lifetime::time);
  std::vector<SurvivalPoint> curve = {{}};
  double greenwood = 0;
  for (size_t i = 0; i < lives.size();) {
    const auto at_risk = static_cast<double>(lives.size() - i);
    double ended = 0;
    size_t next = i;
    for (; next < lives.size() && lives[next].time == lives[i].time; ++next) {
      ended += lives[next].ended ? 1 : 0;
    }
    if (ended > 0) {
      const double survival = curve.back().survival * (1 - ended / at_risk);
      // Nobody is left: the curve is 0, and its formula's variance is not defined.
      if (at_risk > ended) greenwood += ended / (at_risk * (at_risk - ended));
      curve.push_back({lives[i].time, survival, survival * survival * greenwood});
    }
    i = next;
  }
  return curve;
}

double survival_at(std::span<const SurvivalPoint> curve, double time) {
  double survival = 1;
  for (const SurvivalPoint& point : curve) {
    if (point.time <= time) survival = point.survival;
  }
  return survival;
}

RestrictedMean restricted_mean(std::span<const SurvivalPoint> curve, double end) {
  RestrictedMean result;
  std::vector<double> area(curve.size() + 1);  // from each point's time to `end`
  for (size_t i = curve.size(); i-- > 0;) {
    const double from = std::min(curve[i].time, end);
    const double to = i + 1 < curve.size() ? std::min(curve[i + 1].time, end) : end;
    area[i] = area[i + 1] + curve[i].survival * (to - from);
  }
  result.mean = area.empty() ? 0 : area[0];
  double before = 0;  // Greenwood's sum up to the point before
  for (size_t i = 1; i < curve.size() && curve[i].time <= end; ++i) {
    if (curve[i].survival <= 0) break;
    const double sum = curve[i].variance / (curve[i].survival * curve[i].survival);
    result.variance += area[i] * area[i] * (sum - before);
    before = sum;
  }
  return result;
}

LogRank log_rank(std::span<const Lifetime> a, std::span<const Lifetime> b) {
  struct Either {
    double time;
    bool ended, first;
  };
  std::vector<Either> all;
  for (const Lifetime& each : a) all.push_back({each.time, each.ended, true});
  for (const Lifetime& each : b) all.push_back({each.time, each.ended, false});
  std::ranges::sort(all, {}, &Either::time);
  auto risk_a = static_cast<double>(a.size()), risk = static_cast<double>(all.size());
  double apart = 0, variance = 0;
  for (size_t i = 0; i < all.size();) {
    double ended = 0, ended_a = 0, left_a = 0;
    size_t next = i;
    for (; next < all.size() && all[next].time == all[i].time; ++next) {
      ended += all[next].ended;
      ended_a += all[next].ended && all[next].first;
      left_a += all[next].first;
    }
    apart += ended_a - ended * risk_a / risk;
    if (risk > 1) {
      variance += ended * (risk_a / risk) * (1 - risk_a / risk) * (risk - ended) / (risk - 1);
    }
    risk -= static_cast<double>(next - i);
    risk_a -= left_a;
    i = next;
  }
  LogRank result;
  if (variance > 0) {
    result.chi_squared = apart * apart / variance;
    result.p =
        boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), result.chi_squared));
  }
  return result;
}

}  // namespace marquee::policy
