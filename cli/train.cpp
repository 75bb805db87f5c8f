#include "cli/commands.h"
#include "cli/tensor_runs.h"
#include "configs/yaml.h"
#include "core/error.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

// The configuration is that of the run to refit, or of the file.
void read_configuration(TrainArguments& options) {
  if (options.train.refit.empty()) {
    if (options.config.empty()) throw Error("train needs --config, or --refit");
    options.train.config =
        configs::read_config(found_config_file(options.config), options.overrides);
    return;
  }
  const char* const given = !options.config.empty()       ? "--config"
                            : !options.overrides.empty()  ? "--set"
                            : !options.train.from.empty() ? "--from"
                            : !options.train.init.empty() ? "--init"
                                                          : nullptr;
  if (given == nullptr) return;
  throw Error(cat(given, " and --refit do not go together: a refit has the configuration and the ",
                  "start of its run, ", options.train.refit.string(), "; leave out ", given));
}

}  // namespace

void add_train(CLI::App& app) {
  auto& command = add_command(
      app, "train", "Learn a model from a dataset",
      {"marquee train --config configs/two_tower.yaml --data out/ml --out out/run",
       "marquee train --config configs/two_tower.yaml --data out/ml --out out/run --set "
       "train.epochs=5 --set model.dim=32",
       "marquee train --config configs/two_tower.yaml --data out/ml --out out/run --resume",
       "marquee train --config configs/two_tower.yaml --data out/ml --out out/today --init "
       "out/yesterday --set train.epochs=2",
       "marquee train --refit out/run --data out/ml --out out/refit"});
  const auto options = std::make_shared<TrainArguments>();
  command.add_option("--config", options->config, "YAML file; docs/configuration.md");
  command.add_option("--data", options->train.dataset, "dataset folder")->required();
  command.add_option("--out", options->train.out, "run folder to make or resume")->required();
  command.add_option(
      "--from", options->train.from,
      "finished run on the same dataset, whose weights to start from; default: none");
  command
      .add_option("--init", options->train.init,
                  "finished run on an earlier version of the dataset, whose weights to start from: "
                  "new titles and names get rows")
      ->excludes("--from");
  command.add_option("--refit", options->train.refit,
                     "instead of --config: finished run to train once more, for as many epochs as "
                     "validation chose, on train and validation; docs/evaluation.md");
  command.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  command.add_option("--device", options->train.device, "auto, cpu or cuda")->capture_default_str();
  command
      .add_option("--stop-after", options->train.stop_after,
                  "epochs after which to pause; --resume goes on")
      ->check(CLI::Range(1, 1'000'000));
  command.add_flag("--resume", options->train.resume, "go on from the newest checkpoint");
  command.add_flag("--overwrite", options->train.overwrite, "replace what --out holds");
  command.callback([options] {
    read_configuration(*options);
    run_train(*options);
  });
}

}  // namespace marquee::cli
