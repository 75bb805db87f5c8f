#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/report/frontier_section.h"
#include "evaluation/report/onboarding_section.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

namespace {

using Row = std::vector<std::string>;

// "0.0474 ±0.0110": half of the interval's width.
std::string with_error(const Interval& interval) {
  return fixed(interval.value, 4) + " ±" + fixed((interval.high - interval.low) / 2, 4);
}

bool somebody_has(const Report& report, const MetricName& name) {
  return report.best(name.protocol, name.metric).has_value();
}

std::string heading(const MetricName& name) {
  const std::string protocol = name.protocol, metric = name.metric;
  if (protocol == "full_rank" || protocol == "rating") return metric;
  if (protocol == "disliked") return "disliked@10";
  return (protocol == "sampled_99" ? "sampled " : protocol + " ") + metric;
}

// Empty where no bundle was trained with several seeds.
std::string seeds_table(const Report& report) {
  if (report.bundles.front().seeds.empty()) return "";
  std::vector<Row> rows(1, Row{cat("mean of ", report.bundles.front().seeds.front().values.size(),
                                   " seeds ± standard deviation")});
  for (const BundleResult& bundle : report.bundles) rows.push_back({bundle.label});
  for (const MetricName& name : compared_metrics()) {
    if (!somebody_has(report, name)) continue;
    rows.front().push_back(heading(name));
    for (size_t i = 0; i < report.bundles.size(); ++i) {
      const SeedSpread* own = report.bundles[i].spread(name.protocol, name.metric);
      rows[i + 1].push_back(
          own == nullptr ? "–" : fixed(own->mean(), 4) + " ±" + fixed(own->deviation(), 4));
    }
  }
  return "\n" + text_table(rows, Align::kRight);
}

std::string learned_from_valid(const Report& report) {
  std::vector<std::string> labels;
  for (const BundleResult& bundle : report.bundles) {
    if (bundle.learned_from_valid) labels.push_back(bundle.label);
  }
  return labels.empty() ? "" : cat("\nlearned from train and valid: ", join(labels, ", "), "\n");
}

}  // namespace

std::string console_table(const Report& report) {
  std::vector<Row> rows(1, Row{"model"});
  for (const BundleResult& bundle : report.bundles) rows.push_back({bundle.label});
  for (const MetricName& name : compared_metrics()) {
    if (!somebody_has(report, name)) continue;
    rows.front().push_back(heading(name));
    for (size_t i = 0; i < report.bundles.size(); ++i) {
      const Interval* own = report.bundles[i].find(name.protocol, name.metric);
      rows[i + 1].push_back(own == nullptr ? "–" : with_error(*own));
    }
  }
  return text_table(rows, Align::kRight) + learned_from_valid(report) + seeds_table(report) +
         frontier_console(report) + onboarding_console(report);
}

}  // namespace marquee::evaluation
