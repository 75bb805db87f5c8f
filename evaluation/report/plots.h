// The figures of the page, as <figure> elements with inline SVG.
#pragma once

#include <string>

#include "evaluation/report/report.h"

namespace marquee::evaluation {

// A metric by model with its intervals; empty where no bundle has the metric.
std::string metric_plot(const Report& report, const MetricName& metric);

// NDCG@10 by slices of the kind of this id; empty where there is none.
std::string slice_plot(const Report& report, std::string_view kind, const std::string& title,
                       const std::string& caption);

// What is recommended against what is watched, by popularity.
std::string popularity_plot(const Report& report);

// Loss and validation of one bundle; empty where it has no curve.
std::string training_plot(const BundleResult& bundle, size_t series);

}  // namespace marquee::evaluation
