#include "exporting/export.h"

#include "cli/tensor_runs.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void run_export(ExportArguments options) {
  const exporting::RunExportOptions& run = options.run;
  if (options.format == "triton") {
    exporting::export_triton(
        {.bundle = options.bundle, .out = run.out, .overwrite = run.overwrite});
    return;
  }
  if (options.format == "parquet") {
    exporting::export_titles(
        {.bundle = options.bundle, .out = run.out, .overwrite = run.overwrite});
    return;
  }
  if (run.run.empty()) {
    options.stages.out = run.out;
    options.stages.overwrite = run.overwrite;
    exporting::export_two_stage(options.stages);
    return;
  }
  exporting::export_run(run);
  log::info(cat("next: marquee evaluate --bundle ", run.out.string(), " --data ",
                exporting::dataset_of(run).string(), " --out REPORT"));
}

}  // namespace marquee::cli
