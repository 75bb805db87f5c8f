#include "training/refit.h"

#include "configs/yaml.h"
#include "core/error.h"
#include "core/text.h"
#include "training/train.h"

namespace marquee::training {

namespace fs = std::filesystem;

namespace {

void check_refittable(const Manifest& run, const configs::Config& config) {
  const std::string what = cat("--refit ", run.folder.string());
  if (configs::learns_privately(config)) {
    throw Error(cat(what, " learned with train.privacy.epsilon, and the best of its epochs would ",
                    "be chosen by members' data without noise; serve that run as it is"));
  }
  if (!validation_score(run.fact<Json>("best")).measured()) {
    throw Error(cat(what, " had no validation events, so that no epoch of it is the best; ingest ",
                    "with a split that has some (leave-one-out, temporal, random, strong) and ",
                    "train again, or serve that run as it is"));
  }
  if (run.sources.size() > 1 && !run.lists(kStartFile)) {
    throw Error(cat(what, " began with the weights of another run (--from) and does not hold ",
                    kStartFile, "; train it again"));
  }
}

}  // namespace

Json Refit::to_json() const {
  Json valid = Json::object();
  add_to(valid, best);
  return {{"of", of.sha256}, {"epochs", epochs}, {"valid", valid}};
}

Source Refit::source() const { return {kRunKind, config.model.name, of.sha256}; }

Refit plan_refit(const fs::path& run) {
  Refit refit;
  refit.of = read_finished_run(run);
  if (is_refit(refit.of)) {
    throw Error(cat("--refit ", run.string(), " is a refit itself, of the run ",
                    refit.of.facts.at(kRefitFact).value("of", "?").substr(0, 8),
                    ", and learned from all there is but test; export it"));
  }
  const Artefact files(refit.of);
  refit.config = configs::read_config(files.file(kConfigFile), {});
  check_refittable(refit.of, refit.config);
  refit.epochs = read_manifest(files.file("best/manifest.json").parent_path(), "checkpoint")
                     .fact<int64_t>("epoch");
  refit.best = validation_score(refit.of.fact<Json>("best"));
  return refit;
}

std::string describe_refit(const Json& fact) {
  const auto epochs = fact.value("epochs", int64_t{0});
  return cat("on train and valid, ", epochs, epochs == 1 ? " epoch" : " epochs", " as run ",
             fact.value("of", "?").substr(0, 8), " (",
             describe(validation_score(fact.value("valid", Json::object()))), ")");
}

bool is_refit(const Manifest& run) {
  const auto found = run.facts.find(kRefitFact);
  return found != run.facts.end() && found->is_object();
}

void check_same_refit(const Manifest& run, const std::optional<Refit>& refit) {
  const std::string was = is_refit(run) ? run.facts.at(kRefitFact).value("of", "?") : "";
  if (was == (refit ? refit->of.sha256 : "")) return;
  throw Error(cat(run.folder.string(), " was begun ",
                  was.empty() ? "without --refit" : "as the refit of run " + was.substr(0, 8),
                  "; give the same, or train into a new --out"));
}

data::Dataset open_dataset(const fs::path& dataset, const Manifest& run) {
  return data::Dataset(dataset,
                       is_refit(run) ? data::Learning::kTrainAndValid : data::Learning::kTrain);
}

}  // namespace marquee::training
