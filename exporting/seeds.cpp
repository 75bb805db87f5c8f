#include "exporting/seeds.h"

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "exporting/export.h"
#include "inference/bundle_files.h"
#include "training/train.h"

namespace marquee::exporting {

namespace fs = std::filesystem;

namespace {

fs::path train_seed(const SeedOptions& options, configs::Config config, const fs::path& folder) {
  const fs::path run = folder / "run", bundle = folder / "bundle";
  if (fs::exists(bundle)) return bundle;
  log::info(cat("seed ", config.train.seed, " of ", config.model.name));
  const training::TrainSummary summary = training::train({.config = std::move(config),
                                                          .dataset = options.dataset,
                                                          .out = run,
                                                          .from = {},
                                                          .device = options.device,
                                                          .resume = fs::exists(run)});
  if (summary.interrupted) {
    throw Interrupted(cat("the same command goes on from ", run.string()));
  }
  export_run({.run = run, .dataset = options.dataset, .out = bundle});
  return bundle;
}

}  // namespace

std::vector<fs::path> train_seeds(const SeedOptions& options) {
  const Artefact bundle(options.bundle, inference::kBundleKind);
  if (!bundle.manifest().lists(inference::kTrainingFile)) {
    throw Error(cat("bundle ", options.bundle.string(), " was made from two bundles and is not ",
                    "trained as one; evaluate those with --seeds, and this one without"));
  }
  if (bundle.manifest().facts.contains(inference::kLearnedFromFact)) {
    throw Error(cat("bundle ", options.bundle.string(), " learned from validation as well ",
                    "(marquee train --refit), which other seeds would need as well; evaluate it ",
                    "without --seeds, or the bundle of the run that it is a refit of with it"));
  }
  const fs::path training = bundle.file(inference::kTrainingFile);
  if (parse_json(read_file(training), training.string()).contains("from")) {
    throw Error(cat("bundle ", options.bundle.string(), " began with the weights of another run, ",
                    "which other seeds would need as well; evaluate it without --seeds"));
  }
  const configs::Config config = configs::read_config(bundle.file(inference::kConfigFile), {});
  std::vector<fs::path> trained;
  for (int i = 1; i < options.seeds; ++i) {
    configs::Config other = config;
    other.train.seed += i;
    const std::string name = cat(config.model.name, "-", bundle.manifest().sha256.substr(0, 8));
    const fs::path folder = options.folder / name / cat("seed-", other.train.seed);
    fs::create_directories(folder);
    trained.push_back(train_seed(options, other, folder));
  }
  return trained;
}

}  // namespace marquee::exporting
