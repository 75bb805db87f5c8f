// A report's numbers as a table, for warehouses and dashboards that follow them over time.
#pragma once

#include <filesystem>

#include "evaluation/report/report.h"

namespace marquee::evaluation {

// A row for each metric of each bundle, and of each of its slices. Columns: dataset, bundle, model,
// sha256 (of the bundle), protocol, metric, slice and part ("" where it is of all test users), n
// (of a slice: users or targets), value, low and high (of its 95 % interval). Throws Error as
// ParquetOutput.
void write_metrics_parquet(const Report& report, const std::filesystem::path& file);

}  // namespace marquee::evaluation
