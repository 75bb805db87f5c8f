// The tables of the page. Each scrolls by itself where it is wider than the screen.
#pragma once

#include <string>

#include "evaluation/report/report.h"

namespace marquee::evaluation {

// Bundles × compared_metrics(): the best of each column, and what is level with it.
std::string models_table(const Report& report);

// Bundles × compared_metrics(), mean and spread over seeds; empty where none was trained with
// several.
std::string seeds_table(const Report& report);

// Slices of one kind × bundles; `value` is what is shown of each slice, named `metric`.
std::string slices_table(const Report& report, size_t kind, Interval Slice::*value,
                         const std::string& metric);

std::string beyond_accuracy_table(const Report& report);

// What the gate compared, one finding a row.
std::string gate_table(const Report& report);

// Every metric of one protocol × bundles; empty where no bundle has any.
std::string protocol_table(const Report& report, const std::string& protocol);

// Paired differences in full-rank NDCG@10, every pair once.
std::string differences_table(const Report& report);

}  // namespace marquee::evaluation
