#include "policy/diagnostics.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "core/text.h"

namespace marquee::policy {

namespace {

constexpr double kCalibrationLevel = 0.001;  // for all actions and positions together
constexpr size_t kShown = 5;
constexpr double kLeastExpected = 20;  // rows of an action: fewer have no normal mean

void measure_weights(const BanditLog& log, const WeightedLog& weights, Diagnostics& found) {
  const auto rows = static_cast<double>(weights.rows());
  double sum = 0, squares = 0;
  for (const double weight : weights.weight) {
    sum += weight;
    squares += weight * weight;
    found.largest_weight = std::max(found.largest_weight, weight);
  }
  found.mean_weight = sum / rows;
  const double variance = squares / rows - found.mean_weight * found.mean_weight;
  found.mean_weight_error = std::sqrt(std::max(0.0, variance) / rows);
  found.largest_share = sum > 0 ? found.largest_weight / sum : 1;
  found.effective_rows = squares > 0 ? sum * sum / squares : 0;
  found.least_propensity = *std::min_element(log.propensity.begin(), log.propensity.end());
}

void measure_clipping(const WeightedLog& weights, Diagnostics& found) {
  for (const double lambda : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1'000.0}) {
    if (lambda >= found.largest_weight) break;
    const auto above = std::count_if(weights.weight.begin(), weights.weight.end(),
                                     [&](double weight) { return weight > lambda; });
    found.clipping.push_back({lambda,
                              contributions(Estimator::kClippedIps, weights, lambda).value(),
                              static_cast<double>(above) / static_cast<double>(weights.rows())});
  }
  found.clipping.push_back(
      {found.largest_weight, contributions(Estimator::kIps, weights).value(), 0});
}

// Sums over the rows of each action at each position.
struct Shown {
  std::vector<double> rows, inverse, inverse_squares;  // [positions, actions]
  std::vector<double> offered;                         // [positions, actions]: rows
};

Shown shown(const BanditLog& log) {
  const size_t cells = static_cast<size_t>(log.positions) * log.actions.size();
  Shown sums{std::vector<double>(cells), std::vector<double>(cells), std::vector<double>(cells),
             std::vector<double>(cells)};
  for (size_t i = 0; i < log.rows(); ++i) {
    const size_t first = log.position[i] * log.actions.size();
    const size_t at = first + log.action[i];
    const double inverse = 1 / log.propensity[i];
    sums.rows[at] += 1;
    sums.inverse[at] += inverse;
    sums.inverse_squares[at] += inverse * inverse;
    for (size_t a = 0; a < log.actions.size(); ++a) sums.offered[first + a] += log.offers(i, a);
  }
  return sums;
}

void measure_support(const BanditLog& log, const ActionProbabilities& policy, const Shown& sums,
                     Diagnostics& found) {
  for (size_t i = 0; i < log.rows(); ++i) {
    const auto probabilities = policy.of(log, i);
    const double* rows = sums.rows.data() + log.position[i] * log.actions.size();
    for (size_t a = 0; a < probabilities.size(); ++a) {
      if (rows[a] == 0) found.unsupported += probabilities[a];
    }
  }
  found.unsupported /= static_cast<double>(log.rows());
}

// Each row of an action represents 1 / propensity rows, so that all of its rows represent all rows
// of its position in which it could have been chosen.
void measure_calibration(const BanditLog& log, const Shown& sums, Diagnostics& found) {
  const size_t actions = log.actions.size();
  std::vector<Miscalibrated> all;
  for (size_t at = 0; at < sums.rows.size(); ++at) {
    if (sums.rows[at] < kLeastExpected) continue;
    const auto position = static_cast<uint32_t>(at / actions);
    const double n = sums.offered[at];
    const double ratio = sums.inverse[at] / n;
    const double error = std::sqrt((sums.inverse_squares[at] / n - ratio * ratio) / n);
    // An action that is always shown has no error, and is right.
    const double deviation = error > 0 ? (ratio - 1) / error : 0;
    all.push_back({log.actions[at % actions], position, ratio, deviation});
  }
  if (all.empty()) return;
  const double level = kCalibrationLevel / static_cast<double>(all.size());
  const double limit = boost::math::quantile(boost::math::normal(), 1 - level / 2);
  std::erase_if(all, [&](const Miscalibrated& each) { return std::abs(each.deviation) <= limit; });
  std::ranges::sort(all, {}, [](const Miscalibrated& e) { return -std::abs(e.deviation); });
  all.resize(std::min(all.size(), kShown));
  found.miscalibrated = std::move(all);
}

void refuse(const BanditLog& log, Diagnostics& found) {
  const auto rows = static_cast<double>(log.rows());
  const auto say = [&](const std::string& reason) { found.refusals.push_back(reason); };
  if (found.effective_rows < kLeastEffectiveRows) {
    say(cat("the estimate would rest on ", general(found.effective_rows, 3), " effective rows of ",
            grouped(static_cast<int64_t>(log.rows())), "; ", kLeastEffectiveRows, " are needed"));
  }
  if (found.largest_share > kMostOfOneRow) {
    say(cat("one row has ", fixed(100 * found.largest_share, 1), " % of all weight (weight ",
            general(found.largest_weight, 6), "); ", 100 * kMostOfOneRow, " % is the most"));
  }
  if (found.unsupported > kMostUnsupported) {
    say(cat(fixed(100 * found.unsupported, 1),
            " % of what the policy would show was never shown at its position; ",
            100 * kMostUnsupported, " % is the most"));
  }
  if (std::abs(found.mean_weight - 1) > kMostMeanError * found.mean_weight_error &&
      std::abs(found.mean_weight - 1) > 1e-9 + found.unsupported) {
    say(cat("weights average ", general(found.mean_weight, 3),
            " where they should average 1: the propensities are not those that the log was made "
            "with"));
  }
  if (!found.refused()) return;
  std::vector<std::string> needed;
  if (found.effective_rows < kLeastEffectiveRows || found.largest_share > kMostOfOneRow) {
    const double factor = std::max(kLeastEffectiveRows / std::max(1e-9, found.effective_rows),
                                   found.largest_share / kMostOfOneRow);
    needed.push_back(cat("at least ", human_count(rows * factor),
                         " rows of this kind, or a log whose policy shows more of what this one "
                         "would: a propensity of ",
                         general(found.least_propensity, 3), " is the least now"));
  }
  if (found.unsupported > kMostUnsupported) {
    needed.push_back("a log that shows every action of the policy at every position now and then");
  }
  if (needed.empty()) needed.push_back("a log with the propensities of what was really shown");
  found.needed = join(needed, "; ");
}

void warn(Diagnostics& found) {
  for (const Miscalibrated& each : found.miscalibrated) {
    found.warnings.push_back(cat("propensities of ", in_quotes(each.action), " at position ",
                                 each.position,
                                 " do not fit how often it was shown: its rows "
                                 "represent ",
                                 general(each.ratio, 3), " times the rows there (",
                                 fixed(std::abs(each.deviation), 1), " standard errors from 1)"));
  }
  if (found.unsupported > 0 && found.unsupported <= kMostUnsupported) {
    found.warnings.push_back(cat(general(100 * found.unsupported, 2),
                                 " % of what the policy would show was never shown at its "
                                 "position, and counts as earning nothing in IPS"));
  }
}

}  // namespace

Diagnostics diagnose(const BanditLog& log, const ActionProbabilities& policy,
                     const WeightedLog& weights) {
  Diagnostics found;
  measure_weights(log, weights, found);
  measure_clipping(weights, found);
  const Shown sums = shown(log);
  measure_support(log, policy, sums, found);
  measure_calibration(log, sums, found);
  refuse(log, found);
  warn(found);
  return found;
}

}  // namespace marquee::policy
