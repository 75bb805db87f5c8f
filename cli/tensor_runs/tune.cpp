#include "tuning/tune.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/malloc_settings.h"
#include "cli/tensor_runs.h"
#include "core/log.h"
#include "core/text.h"
#include "core/text_table.h"
#include "tuning/report.h"

namespace marquee::cli {

namespace {
constexpr size_t kShown = 10;
}

void run_tune(tuning::TuneOptions options) {
  keep_freed_memory();
  options.config = config_file(options.config);
  const tuning::Tuned tuned = tuning::tune(options);
  std::vector<std::vector<std::string>> rows = {{"trial", "epochs", "validation", "values"}};
  for (const auto& result : tuning::ranking(tuned)) {
    if (rows.size() > kShown) break;
    rows.push_back({std::to_string(result.trial), std::to_string(result.epochs),
                    result.failed() ? "failed" : training::describe(result.score).substr(11),
                    tuning::described(tuned.trials[static_cast<size_t>(result.trial)])});
  }
  std::cout << text_table(rows);
  const std::string out = options.out.string();
  log::info(cat("wrote ", out, "/best.yaml, best-run and report.html: ",
                training::describe(tuned.best.score), " by trial ", tuned.best.trial));
  log::info(cat("next: marquee export --run ", out, "/best-run --out BUNDLE"));
}

}  // namespace marquee::cli
