#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "exporting/contexts.h"
#include "exporting/export.h"
#include "exporting/golden_requests.h"
#include "inference/bundle.h"
#include "inference/user_ids.h"
#include "models/export/model_card.h"
#include "models/export/torchscript.h"
#include "models/title_features.h"
#include "training/checkpoint.h"
#include "training/refit.h"
#include "training/train.h"

namespace marquee::exporting {

namespace fs = std::filesystem;

namespace {

void write_vectors(const at::Tensor& vectors, const fs::path& file) {
  const at::Tensor rows = vectors.detach().to(at::kFloat).cpu().contiguous();
  FileWriter writer(file);
  writer.write_values(std::span(rows.const_data_ptr<float>(), static_cast<size_t>(rows.numel())));
  writer.close();
}

// training.json: the curve that the report draws, and the run whose weights training began with or
// that was refitted.
void write_training(const Manifest& run, const fs::path& file) {
  // Losses and scores of a private run are computed from members' data without noise.
  const bool is_private = run.facts.contains("privacy");
  Json json{{"points", is_private ? Json::array() : run.fact<Json>("curve")},
            {"best_step", run.fact<int64_t>("best_step")},
            {"seconds", run.fact<double>("seconds")}};
  for (const Source& source : run.sources) {
    if (source.kind != training::kRunKind) continue;
    json[training::is_refit(run) ? training::kRefitFact : "from"] = source.sha256;
  }
  write_file(file, json.dump(1) + "\n");
}

inference::BundleFacts facts_of(const training::TrainedModel& trained, const data::Dataset& dataset,
                                const at::Tensor& vectors) {
  inference::BundleFacts facts;
  facts.model = trained.config.model.name;
  if (dynamic_cast<models::ScoringModel*>(trained.model.get()) != nullptr) {
    facts.scoring = inference::Scoring::kTitles;
  }
  facts.similarity = trained.model->similarity();
  facts.dim = vectors.defined() ? static_cast<int>(vectors.size(1)) : 0;
  facts.parameters = models::parameter_count(*trained.model);
  facts.max_history = trained.config.data.max_history;
  facts.weights = dataset.weights();
  return facts;
}

}  // namespace

fs::path dataset_of(const RunExportOptions& options) {
  if (!options.dataset.empty()) return options.dataset;
  fs::path path = training::dataset_of_run(options.run);
  if (fs::exists(path)) return path;
  throw Error(cat("the dataset of ", options.run.string(), ", ", path.string(),
                  ", is not there any more; name where it is now with --data"));
}

Manifest export_run(const RunExportOptions& options) {
  const data::Dataset dataset =
      training::open_dataset(dataset_of(options), read_manifest(options.run, training::kRunKind));
  const training::TrainedModel trained = training::load_trained(options.run, dataset);
  if (!options.contexts.empty() && configs::learns_privately(trained.config)) {
    throw Error(
        "--context: this run learned with train.privacy.epsilon, and what members of a "
        "context watch would be counted without noise");
  }
  const at::Tensor vectors = trained.model->title_vectors();
  const models::FeatureLayout layout = models::feature_layout(dataset.catalogue());

  ArtefactWriter writer(options.out, inference::kBundleKind, options.overwrite);
  const fs::path& folder = writer.folder();
  models::TorchScriptOptions script;
  script.max_history = trained.config.data.max_history;
  script.titles = dataset.catalogue().size();
  const at::Tensor features = models::feature_table(dataset.catalogue(), layout);
  auto* towers = dynamic_cast<models::VectorModel*>(trained.model.get());
  if (towers != nullptr && towers->encode_titles(features).defined()) {
    script.feature_columns = layout.columns;
    write_file(folder / inference::kFeaturesFile,
               layout.to_json(dataset.catalogue()).dump(1) + "\n");
  }
  if (trained.model->reads_users()) {
    script.users = dataset.users();
    inference::write_user_ids(dataset, folder / inference::kUsersFile);
  }
  models::export_torchscript(*trained.model, script, folder / inference::kModelFile);
  if (vectors.defined()) write_vectors(vectors, folder / inference::kVectorsFile);
  inference::write_titles_csv(dataset.catalogue(), training::title_counts(trained, dataset),
                              folder / inference::kTitlesFile);
  if (!options.contexts.empty()) write_contexts(dataset, options.contexts, folder);
  fs::copy_file(options.run / training::kConfigFile, folder / inference::kConfigFile);
  write_training(trained.run, folder / inference::kTrainingFile);
  write_file(folder / inference::kModelCardFile,
             models::model_card(*trained.model, trained.config, trained.run, dataset) +
                 contexts_card(options.contexts));

  Json facts = facts_of(trained, dataset, vectors).to_json();
  if (script.users > 0) facts[inference::kUsersFact] = script.users;
  if (trained.run.facts.contains("privacy")) facts["privacy"] = trained.run.facts["privacy"];
  if (training::is_refit(trained.run)) {
    facts[inference::kLearnedFromFact] = inference::kTrainAndValid;
  }
  const std::vector<Source> sources = {{"run", options.run.filename().string(), trained.run.sha256},
                                       {"dataset", dataset.name(), dataset.manifest().sha256}};
  write_golden_requests(folder, facts, sources);
  Manifest bundle = writer.commit(facts, sources);
  log::info(cat("wrote ", options.out.string(), ": ", trained.config.model.name, "@",
                bundle.sha256.substr(0, 8), ", ", grouped(dataset.catalogue().size()),
                " titles; exported and checked against the trained model"));
  return bundle;
}

}  // namespace marquee::exporting
