#include "cli/commands.h"
#include "cli/malloc_settings.h"
#include "cli/tensor_runs.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void run_train(TrainArguments options) {
  keep_freed_memory();
  if (!options.config.empty()) config_file(options.config);  // says which one it is
  const training::TrainSummary summary = training::train(options.train);
  const std::string out = options.train.out.string();
  if (summary.interrupted) {
    log::warn(cat("interrupted at step ", summary.steps, "; a checkpoint is in ", out,
                  "; the same command with --resume goes on"));
    throw Exit{1};
  }
  if (summary.paused) {
    log::info(cat("paused after epoch ", options.train.stop_after,
                  summary.refit ? "" : "; best so far " + training::describe(summary.best),
                  "; the same command with --resume goes on in ", out));
    return;
  }
  if (summary.refit) {
    log::info(cat("wrote ", out, ": learned from train and valid, validated on nothing, ",
                  grouped(summary.steps), " steps, ", human_duration(summary.seconds)));
    log::info(cat("next: marquee export --run ", out, " --out BUNDLE"));
    return;
  }
  log::info(cat("wrote ", out, ": ", training::describe(summary.best), " at step ",
                summary.best_step, " of ", summary.steps,
                summary.stopped_early ? " (stopped early)" : "", ", ",
                human_duration(summary.seconds)));
  log::info(cat("next: marquee export --run ", out, " --out BUNDLE"));
}

}  // namespace marquee::cli
