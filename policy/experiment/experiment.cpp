#include "policy/experiment/experiment.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace marquee::policy {

namespace {

using configs::ExperimentConfig;
using configs::MetricConfig;

std::vector<ArmSums> sums_of(const Units& units, const MetricConfig& metric) {
  const auto& values = units.columns.at(metric.column);
  const std::string& with = metric.kind == "ratio" ? metric.denominator : metric.before;
  const std::vector<double>* others = with.empty() ? nullptr : &units.columns.at(with);
  std::vector<ArmSums> sums(units.arms.size());
  for (size_t i = 0; i < units.users(); ++i) {
    const double value = metric.kind == "share" ? values[i] != 0 : values[i];
    sums[units.arm[i]].add(value, others == nullptr ? 0 : (*others)[i]);
  }
  return sums;
}

std::vector<std::vector<Lifetime>> lives_of(const Units& units, const MetricConfig& metric) {
  const auto& times = units.columns.at(metric.column);
  const auto& ended = units.columns.at(metric.ended);
  std::vector<std::vector<Lifetime>> lives(units.arms.size());
  for (size_t i = 0; i < units.users(); ++i)
    lives[units.arm[i]].push_back({times[i], ended[i] != 0});
  return lives;
}

// The same means with their intervals, before it is known how many there are.
Comparison compared(const Estimated& control, const Estimated& treatment,
                    const ExperimentConfig& config) {
  Comparison result;
  result.control = control.mean;
  result.treatment = treatment.mean;
  result.absolute = absolute_difference(control, treatment, config.alpha);
  result.relative = relative_difference(control, treatment, config.alpha);
  if (config.looks == "mixture") {
    const double mixing = config.mixture * std::abs(control.mean);
    result.absolute = mixture_test(result.absolute, config.alpha, mixing);
    result.relative = mixture_test(result.relative, config.alpha, config.mixture);
  } else if (config.looks == "any") {
    const double n = control.n + treatment.n;
    result.absolute = always_valid(result.absolute, n, config.alpha, config.tuned_members);
    result.relative = always_valid(result.relative, n, config.alpha, config.tuned_members);
  }
  result.detectable =
      detectable_difference(control.variance, control.n, treatment.n, config.alpha, config.power) /
      std::abs(control.mean);
  return result;
}

void compare_sums(const Units& units, const ExperimentConfig& config, MetricResult& result) {
  const auto sums = sums_of(units, result.config);
  for (size_t arm = 1; arm < units.arms.size(); ++arm) {
    Comparison one;
    if (result.config.kind == "ratio") {
      if (!(sums[0].y > 0) || !(sums[arm].y > 0)) {
        result.note = cat("the sum of ", result.config.denominator, " is not above 0 in every arm");
        return;
      }
      one = compared(ratio_of(sums[0]), ratio_of(sums[arm]), config);
    } else if (!result.config.before.empty()) {
      const Adjusted adjustment = adjusted(sums[0], sums[arm]);
      one = compared(adjustment.control, adjustment.treatment, config);
      one.control = mean_of(sums[0]).mean;
      one.treatment = mean_of(sums[arm]).mean;
      const double plain = mean_of(sums[0]).variance;
      one.variance_taken = plain > 0 ? 1 - adjustment.control.variance / plain : 0;
    } else {
      one = compared(mean_of(sums[0]), mean_of(sums[arm]), config);
    }
    one.arm = units.arms[arm];
    result.comparisons.push_back(one);
  }
}

void compare_quantiles(const Units& units, const ExperimentConfig& config, MetricResult& result) {
  std::vector<std::vector<MemberValue>> values(units.arms.size());
  if (const auto several = units.values.find(result.name); several != units.values.end()) {
    for (const MemberValue& each : several->second) values[units.arm[each.member]].push_back(each);
  } else {
    const auto& column = units.columns.at(result.config.column);
    for (size_t i = 0; i < units.users(); ++i) {
      values[units.arm[i]].push_back({static_cast<uint32_t>(i), column[i]});
    }
  }
  for (size_t arm = 0; arm < values.size(); ++arm) {
    const bool several = std::ranges::any_of(values[arm], [&](const MemberValue& each) {
      return each.member != values[arm].front().member;
    });
    if (several) continue;
    result.note = cat("in the arm ", units.arms[arm], " fewer than 2 members have a value");
    return;
  }
  const Estimated control = quantile_of(values[0], result.config.quantile);
  for (size_t arm = 1; arm < units.arms.size(); ++arm) {
    Comparison one = compared(control, quantile_of(values[arm], result.config.quantile), config);
    one.arm = units.arms[arm];
    result.comparisons.push_back(one);
  }
}

void compare_lives(const Units& units, const ExperimentConfig& config, MetricResult& result) {
  const auto lives = lives_of(units, result.config);
  const auto mean = [&](size_t arm) {
    const RestrictedMean of = restricted_mean(result.curves[arm], result.config.horizon);
    const auto n = static_cast<double>(lives[arm].size());
    return Estimated{n, of.mean, of.variance * n};
  };
  for (const auto& each : lives) result.curves.push_back(kaplan_meier(each));
  for (size_t arm = 1; arm < units.arms.size(); ++arm) {
    Comparison one = compared(mean(0), mean(arm), config);
    one.arm = units.arms[arm];
    one.survival = log_rank(lives[0], lives[arm]);
    result.comparisons.push_back(one);
  }
}

MetricResult measured(const Units& units, const ExperimentConfig& config, const std::string& name) {
  MetricResult result{name, config.metrics.at(name), {}, {}, "", {}};
  if (result.config.kind == "survival") {
    compare_lives(units, config, result);
  } else if (result.config.kind == "quantile") {
    compare_quantiles(units, config, result);
  } else {
    compare_sums(units, config, result);
  }
  for (const Comparison& each : result.comparisons) {
    if (each.absolute.error == 0) {
      result.note = "it does not vary between members, so that nothing can be said";
    } else if (each.control == 0) {
      result.note = "it is 0 in the control, so that there is no relative difference";
    }
  }
  if (!result.note.empty()) result.comparisons.clear();
  return result;
}

// Among all comparisons of success metrics: adjusting for less would find too much.
void adjust_for_number(std::vector<MetricResult>& metrics) {
  std::vector<Comparison*> all;
  std::vector<double> p;
  for (MetricResult& metric : metrics) {
    for (Comparison& each : metric.comparisons) {
      each.holm_p = each.bh_p = each.absolute.p;
      if (metric.config.role != "success") continue;
      all.push_back(&each);
      p.push_back(each.absolute.p);
    }
  }
  const auto by_holm = holm(p), by_bh = benjamini_hochberg(p);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i]->holm_p = by_holm[i];
    all[i]->bh_p = by_bh[i];
  }
}

Guard guarded(const Comparison& comparison, const MetricConfig& metric) {
  if (metric.role != "guardrail") return Guard::kNone;
  const bool higher = metric.better == "higher";
  const double worst = higher ? comparison.relative.low : -comparison.relative.high;
  const double best = higher ? comparison.relative.high : -comparison.relative.low;
  if (worst > -metric.margin) return Guard::kHolds;
  return best < -metric.margin ? Guard::kBroken : Guard::kUnclear;
}

void conclude(const ExperimentConfig& config, std::vector<MetricResult>& metrics) {
  for (MetricResult& metric : metrics) {
    for (Comparison& each : metric.comparisons) {
      const bool sure = each.holm_p < config.alpha;
      const bool higher = each.absolute.value > 0;
      each.better = sure && higher == (metric.config.better == "higher");
      each.worse = sure && !each.better;
      each.guard = guarded(each, metric.config);
    }
  }
}

ArmDecision decided(const ExperimentReport& report, const std::string& arm) {
  ArmDecision result{arm, Decision::kWait, {}};
  bool better = false, worse = false, broken = false, unclear = false;
  for (const MetricResult& metric : report.metrics) {
    if (!metric.note.empty() && metric.config.role != "other") {
      unclear |= metric.config.role == "guardrail";
      result.reasons.push_back(metric.name + ": " + metric.note);
    }
    for (const Comparison& each : metric.comparisons) {
      if (each.arm != arm || metric.config.role == "other") continue;
      const std::string range =
          cat(fixed(100 * each.relative.low, 1), " to ", fixed(100 * each.relative.high, 1), " %");
      if (metric.config.role == "success") {
        better |= each.better;
        worse |= each.worse;
        result.reasons.push_back(cat(metric.name,
                                     each.better  ? " is better: "
                                     : each.worse ? " is worse: "
                                                  : " is not decided: ",
                                     range));
      } else {
        broken |= each.guard == Guard::kBroken;
        unclear |= each.guard == Guard::kUnclear;
        const char* what = each.guard == Guard::kHolds    ? " holds: "
                           : each.guard == Guard::kBroken ? " is broken: "
                                                          : " is not sure to hold: ";
        result.reasons.push_back(cat("guardrail ", metric.name, what, range));
      }
    }
  }
  if (worse || broken) {
    result.decision = Decision::kStop;
  } else if (better && !unclear) {
    result.decision = Decision::kShip;
  }
  return result;
}

std::vector<ArmDecision> decisions_of(const ExperimentReport& report) {
  std::vector<std::string> unhealthy;
  if (report.sample_ratio_p < kLeastSampleRatioP) {
    unhealthy.push_back(cat("the arms have not the shares of members that they were to have (p = ",
                            general(report.sample_ratio_p, 2),
                            "): who is in which arm depends on something else than chance"));
  }
  int64_t users = report.crossed;
  for (const int64_t each : report.users) users += each;
  const double crossed = static_cast<double>(report.crossed) / static_cast<double>(users);
  if (crossed > kMostCrossed) {
    unhealthy.push_back(
        cat(fixed(100 * crossed, 1), " % of members had two arms; they are left out"));
  }
  std::vector<ArmDecision> decisions;
  for (size_t arm = 1; arm < report.arms.size(); ++arm) {
    decisions.push_back(decided(report, report.arms[arm]));
    if (unhealthy.empty()) continue;
    decisions.back().decision = Decision::kUnhealthy;
    decisions.back().reasons.insert(decisions.back().reasons.begin(), unhealthy.begin(),
                                    unhealthy.end());
  }
  return decisions;
}

}  // namespace

const char* name(Decision decision) {
  switch (decision) {
    case Decision::kShip:
      return "ship";
    case Decision::kStop:
      return "stop";
    case Decision::kWait:
      return "wait";
    case Decision::kUnhealthy:
      return "unhealthy";
  }
  return "";
}

ExperimentReport analysed(const Units& units, const ExperimentConfig& config) {
  ExperimentReport report;
  report.config = config;
  report.units = units.name;
  report.sha256 = units.sha256;
  report.arms = units.arms;
  report.crossed = units.crossed;
  std::vector<double> counts, shares;
  for (size_t arm = 0; arm < units.arms.size(); ++arm) {
    report.users.push_back(std::ranges::count(units.arm, arm));
    counts.push_back(static_cast<double>(report.users.back()));
    shares.push_back(config.shares.empty() ? 1 : config.shares.at(units.arms[arm]));
  }
  report.sample_ratio_p = sample_ratio_p(counts, shares);
  for (const char* role : {"success", "guardrail", "other"}) {
    for (const auto& [name, metric] : config.metrics) {
      if (metric.role == role) report.metrics.push_back(measured(units, config, name));
    }
  }
  adjust_for_number(report.metrics);
  conclude(config, report.metrics);
  report.decisions = decisions_of(report);
  report.segments = compare_segments(units, config);
  return report;
}

}  // namespace marquee::policy
