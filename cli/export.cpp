#include "cli/commands.h"
#include "cli/tensor_runs.h"
#include "core/error.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

void check(const ExportArguments& options) {
  const bool converts = options.format != "bundle";
  if (converts && options.bundle.empty()) {
    throw Error(cat("--format ", options.format, " needs --bundle"));
  }
  if (!converts && !options.bundle.empty()) {
    throw Error("--bundle is for --format triton and --format parquet");
  }
  if (!converts && options.run.run.empty() && options.stages.candidates.empty()) {
    throw Error("export needs --run, or --candidates and --ranking");
  }
}

}  // namespace

void add_export(CLI::App& app) {
  auto& command = add_command(
      app, "export",
      "Turn a finished run, or two bundles, into a bundle that can be served; or a bundle "
      "into another format",
      {"marquee export --run out/run --out out/bundle",
       "marquee export --candidates out/two_tower --ranking out/neural_cf --out out/two_stage",
       "marquee export --format triton --bundle out/bundle --out out/triton",
       "marquee export --format parquet --bundle out/bundle --out out/titles"});
  const auto options = std::make_shared<ExportArguments>();
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
      .add_option(
          "--format", options->format,
          "bundle; or from a bundle triton, the model repository of Triton, or parquet, its "
          "titles with their vectors")
      ->capture_default_str()
      ->check(CLI::IsMember({"bundle", "triton", "parquet"}));
  command
      .add_option("--bundle", options->bundle, "with --format triton or parquet: bundle to convert")
      ->excludes(run_option)
      ->excludes(candidates);
  command.add_flag("--overwrite", options->run.overwrite, "replace what --out holds");
  command.callback([options] {
    check(*options);
    run_export(*options);
  });
}

}  // namespace marquee::cli
