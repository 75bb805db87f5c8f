#include "exporting/export.h"

#include "cli/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  exporting::RunExportOptions run;
  exporting::TwoStageOptions stages;
  fs::path bundle;
  std::string format = "bundle";
};

void run(Options options) {
  const exporting::RunExportOptions& run = options.run;
  if (options.format == "triton") {
    if (options.bundle.empty()) throw Error("--format triton needs --bundle");
    exporting::export_triton(
        {.bundle = options.bundle, .out = run.out, .overwrite = run.overwrite});
    return;
  }
  if (!options.bundle.empty()) throw Error("--bundle is for --format triton");
  if (run.run.empty() && options.stages.candidates.empty()) {
    throw Error("export needs --run, or --candidates and --ranking");
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

}  // namespace

void add_export(CLI::App& app) {
  auto& command = add_command(
      app, "export",
      "Turn a finished run, or two bundles, into a bundle that can be served; or a bundle "
      "into another server's format",
      {"marquee export --run out/run --out out/bundle",
       "marquee export --candidates out/two_tower --ranking out/neural_cf --out out/two_stage",
       "marquee export --format triton --bundle out/bundle --out out/triton"});
  const auto options = std::make_shared<Options>();
  auto* run_option = command.add_option("--run", options->run.run, "finished run");
  command.add_option("--out", options->run.out, "bundle folder to make")->required();
  command
      .add_option("--data", options->run.dataset,
                  "the run's dataset, where it has been moved since")
      ->needs(run_option);
  command
      .add_option("--context", options->run.contexts,
                  "a column of the users file, or hour: what is watched more there counts for new "
                  "members; can be given again")
      ->needs(run_option)
      ->allow_extra_args(false);
  auto* candidates = command
                         .add_option("--candidates", options->stages.candidates,
                                     "bundle that picks candidates from the whole catalogue")
                         ->excludes(run_option);
  auto* ranking =
      command.add_option("--ranking", options->stages.ranking, "bundle that ranks the candidates")
          ->needs(candidates)
          ->excludes(run_option);
  candidates->needs(ranking);
  command.add_option("--count", options->stages.count, "candidates that are ranked")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000))
      ->needs(candidates);
  command
      .add_option("--format", options->format,
                  "bundle, or triton: the model repository of Triton, from a bundle")
      ->capture_default_str()
      ->check(CLI::IsMember({"bundle", "triton"}));
  command.add_option("--bundle", options->bundle, "with --format triton: bundle to convert")
      ->excludes(run_option)
      ->excludes(candidates);
  command.add_flag("--overwrite", options->run.overwrite, "replace what --out holds");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
