// The arms compared among some of the members. Many comparisons find something by chance, so that
// their p values are adjusted together.
#include <algorithm>

#include "policy/experiment/experiment.h"

namespace marquee::policy {

namespace {

bool has_every_arm(const Units& units) {
  for (size_t arm = 0; arm < units.arms.size(); ++arm) {
    if (std::ranges::count(units.arm, arm) < 2) return false;
  }
  return true;
}

void adjust(std::vector<SegmentResult>& segments, double alpha) {
  std::vector<std::pair<Comparison*, bool>> all;  // and whether higher is better
  std::vector<double> p;
  for (SegmentResult& segment : segments) {
    for (MetricResult& metric : segment.metrics) {
      for (Comparison& each : metric.comparisons) {
        all.emplace_back(&each, metric.config.better == "higher");
        p.push_back(each.absolute.p);
      }
    }
  }
  const auto adjusted = benjamini_hochberg(p);
  for (size_t i = 0; i < all.size(); ++i) {
    auto& [each, higher_is_better] = all[i];
    each->bh_p = adjusted[i];
    const bool sure = each->bh_p < alpha;
    each->better = sure && (each->absolute.value > 0) == higher_is_better;
    each->worse = sure && !each->better;
  }
}

}  // namespace

std::vector<SegmentResult> compare_segments(const Units& units,
                                            const configs::ExperimentConfig& config) {
  std::vector<SegmentResult> segments;
  for (const auto& [column, segmentation] : units.segments) {
    for (size_t value = 0; value < segmentation.values.size(); ++value) {
      const Units some = units.only(column, value);
      if (!has_every_arm(some)) continue;
      ExperimentReport report = analysed(some, config);
      std::erase_if(report.metrics,
                    [](const MetricResult& each) { return each.config.role != "success"; });
      segments.push_back({column, segmentation.values[value], static_cast<int64_t>(some.users()),
                          std::move(report.metrics)});
    }
  }
  adjust(segments, config.alpha);
  return segments;
}

}  // namespace marquee::policy
