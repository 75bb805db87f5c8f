// The plots of the page, as <figure> elements with inline SVG.
#pragma once

#include <string>

#include "evaluation/report/report.h"

namespace marquee::evaluation {

// A metric by model with its intervals; empty where no bundle has the metric.
std::string metric_plot(const Report& report, const MetricName& metric);

// NDCG@k over all titles for k from 1 to 100.
std::string cutoff_plot(const Report& report);

// NDCG@10 against diversity, and against what training took; empty for fewer than two models that
// have both.
std::string trade_off_plot(const Report& report);
std::string cost_plot(const Report& report);

// NDCG@10 by slices of the kind of this id; empty where there is none.
std::string slice_plot(const Report& report, std::string_view kind, const std::string& title,
                       const std::string& caption);

// Popularity of what is recommended and of what is watched next.
std::string popularity_plot(const Report& report);

// Loss and validation of one bundle; empty where it has no curve.
std::string training_plot(const BundleResult& bundle, size_t series);

}  // namespace marquee::evaluation
