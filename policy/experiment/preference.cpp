#include "policy/experiment/preference.h"

namespace marquee::policy {

Preference preference(const std::array<std::string, 2>& arms, const std::vector<Credit>& credits,
                      double alpha, double power) {
  ArmSums shares;
  for (const Credit& each : credits) {
    const double both = each.hours[0] + each.hours[1];
    shares.add(both > 0 ? (each.hours[1] - each.hours[0]) / both : 0);
  }
  Preference result;
  result.arms = arms;
  result.members = shares.n;
  if (shares.n < 2) return result;
  const Estimated mean = mean_of(shares);
  // Against a mean that is known to be 0.
  result.share = absolute_difference({mean.n, 0, 0}, mean, alpha);
  if (mean.mean != 0 && mean.variance > 0) {
    // One group, where members_needed() counts an arm of two that vary as much each.
    result.needed = members_needed(mean.variance, mean.mean, alpha, power) / 2;
  }
  return result;
}

}  // namespace marquee::policy
