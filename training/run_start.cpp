#include "training/run_start.h"

#include <ATen/Context.h>
#include <ATen/ops/tensor.h>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "models/weights.h"
#include "training/names.h"
#include "training/warm_start.h"

namespace marquee::training {

namespace fs = std::filesystem;

namespace {

Source dataset_source(const data::Dataset& dataset) {
  return {"dataset", dataset.name(), dataset.manifest().sha256};
}

bool starts_from_a_run(const TrainOptions& options) {
  return !options.from.empty() || !options.init.empty();
}

void check_not_replaced(const fs::path& out, const char* option, const fs::path& used) {
  if (used.empty() || !fs::exists(used) || !fs::equivalent(used, out)) return;
  throw Error(cat("--out ", out.string(), " is the run that ", option,
                  " names, which would be replaced; name another"));
}

// The run's folder appears at once, so that it can be inspected while it trains and resumed at any
// time.
void begin_run(const Work& work) {
  const auto& [options, dataset, model, privacy, refit, ranks] = work;
  const bool is_there = fs::exists(fs::symlink_status(options.out));
  if (is_there) {
    check_not_replaced(options.out, "--from", options.from);
    check_not_replaced(options.out, "--init", options.init);
    check_not_replaced(options.out, "--refit", options.refit);
  }
  if (is_there && !options.overwrite) {
    throw Error(cat("--out ", options.out.string(),
                    " exists already; name another, go on with --resume or give --overwrite"));
  }
  // A run that is replaced may be training in another process.
  std::optional<FileLock> replaced;
  if (is_there && fs::exists(options.out / "manifest.json")) {
    replaced.emplace(options.out / ".lock", options.out.string());
  }
  ArtefactWriter writer(options.out, kRunKind, options.overwrite);
  std::vector<Source> sources = {dataset_source(dataset)};
  if (starts_from_a_run(options)) {
    sources.push_back(options.init.empty() ? warm_start(model, options.from, dataset)
                                           : start_from_earlier(model, options.init, dataset));
    models::save_tensors(models::tensors_of(model.module()), writer.folder() / kStartFile);
  }
  if (privacy) {
    const auto counts = private_counts(*privacy, dataset);
    models::save_tensors({{"counts", at::tensor(counts, at::kLong)}},
                         writer.folder() / kCountsFile);
  }
  if (refit) {
    sources.push_back(refit->source());
    if (refit->of.lists(kStartFile)) {
      fs::copy_file(refit->of.folder / kStartFile, writer.folder() / kStartFile);
    }
  }
  Names::of(dataset).write(writer.folder());
  write_file(writer.folder() / kConfigFile, configs::to_yaml(options.config));
  writer.commit(first_facts(work), sources);
}

// The keys that differ, as "train.epochs: 20 became 40".
std::string differences(const std::string& before, const std::string& after) {
  const auto old_values = configs::values_in(before), new_values = configs::values_in(after);
  std::string text;
  for (const auto& [key, value] : new_values) {
    const auto was = old_values.find(key);
    if (was == old_values.end()) {
      text += cat("\n  ", key, ": ", value, " is new");
    } else if (was->second != value) {
      text += cat("\n  ", key, ": ", was->second, " became ", value);
    }
  }
  for (const auto& [key, value] : old_values) {
    if (!new_values.contains(key)) text += cat("\n  ", key, ": ", value, " is gone");
  }
  return text;
}

void check_resumable(const Work& work) {
  const auto& options = work.options;
  const Manifest run = read_manifest(options.out, kRunKind);
  const std::string where = options.out.string();
  check_same_refit(run, work.refit);
  if (!is_from(run, work.dataset)) {
    throw artefact_error(cat(where, " was trained on another dataset (",
                             run.sources.empty() ? "?" : run.sources.front().name,
                             "); give that one or train into a new --out"));
  }
  const std::string before = read_file(options.out / kConfigFile);
  const std::string after = configs::to_yaml(options.config);
  if (before != after) {
    throw Error(cat(where, " was begun with another configuration:", differences(before, after),
                    "\ngive the same one or train into a new --out"));
  }
}

}  // namespace

Json first_facts(const Work& work) {
  const fs::path dataset = fs::absolute(work.options.dataset).lexically_normal();
  Json facts{{"finished", false},
             {"model", work.options.config.model.name},
             {"dataset_path", dataset.string()}};
  if (work.refit) facts[kRefitFact] = work.refit->to_json();
  return facts;
}

bool is_from(const Manifest& run, const data::Dataset& dataset) {
  return !run.sources.empty() && run.sources.front().sha256 == dataset.manifest().sha256;
}

void load_start(const TrainOptions& options, models::Recommender& model) {
  const Manifest run = read_manifest(options.out, kRunKind);
  if (starts_from_a_run(options)) {
    const bool earlier = !options.init.empty();
    const fs::path& named = earlier ? options.init : options.from;
    const Manifest from = read_manifest(named, kRunKind);
    if (run.sources.size() < 2 || run.sources[1].sha256 != from.sha256) {
      throw Error(cat(options.out.string(), " was not begun from ", named.string(), "; leave out ",
                      earlier ? "--init" : "--from", ", or train into a new --out"));
    }
  }
  if (!run.lists(kStartFile)) return;
  const fs::path file = Artefact(run).file(kStartFile);
  models::NamedTensors weights = models::tensors_of(model.module());
  models::copy_tensors(models::load_tensors(file), weights, file.string());
  at::manual_seed(static_cast<uint64_t>(options.config.train.seed));
}

bool begin_or_resume(const Work& work) {
  bool finished = false;
  if (work.is_first()) {
    if (work.options.resume && fs::exists(work.options.out)) {
      check_resumable(work);
      finished = read_manifest(work.options.out, kRunKind).fact<bool>("finished");
    } else {
      begin_run(work);
    }
  }
  return work.ranks == nullptr ? finished : work.ranks->any(finished);
}

}  // namespace marquee::training
