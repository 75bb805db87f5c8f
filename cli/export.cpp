#include "cli/bundles.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "inference/bundle.h"
#include "inference/golden.h"
#include "models/content.h"
#include "models/export/model_card.h"
#include "models/export/torchscript.h"
#include "training/checkpoint.h"
#include "training/train.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  RunExport run;
  TwoStageOptions stages;
  fs::path bundle;
  std::string format = "bundle";
};

void write_vectors(const at::Tensor& vectors, const fs::path& file) {
  const at::Tensor rows = vectors.detach().to(at::kFloat).cpu().contiguous();
  FileWriter writer(file);
  writer.write_values(std::span(rows.const_data_ptr<float>(), static_cast<size_t>(rows.numel())));
  writer.close();
}

// training.json: the curve that the report draws.
void write_curve(const Manifest& run, const fs::path& file) {
  write_file(file, Json{{"points", run.fact<std::vector<training::CurvePoint>>("curve")},
                        {"best_step", run.fact<int64_t>("best_step")},
                        {"seconds", run.fact<double>("seconds")}}
                           .dump(1) +
                       "\n");
}

const char* likeness_name(models::Likeness likeness) {
  switch (likeness) {
    case models::Likeness::kVectors:
      return "vectors";
    case models::Likeness::kScores:
      return "scores";
    case models::Likeness::kContent:
      return "content";
  }
  return "";
}

inference::BundleFacts facts_of(const training::TrainedModel& trained, const data::Dataset& dataset,
                                const at::Tensor& vectors) {
  inference::BundleFacts facts;
  facts.model = trained.config.model.name;
  if (dynamic_cast<models::ScoringModel*>(trained.model.get()) != nullptr) facts.scores = "titles";
  facts.similar = likeness_name(trained.model->likeness());
  facts.dim = vectors.defined() ? static_cast<int>(vectors.size(1)) : 0;
  facts.parameters = models::parameter_count(*trained.model);
  facts.max_history = trained.config.data.max_history;
  facts.max_rating = dataset.max_rating();
  return facts;
}

}  // namespace

void write_golden(const fs::path& folder, const Json& facts, const std::vector<Source>& sources) {
  write_file(folder / "golden.json", "[]\n");
  write_manifest(folder, "bundle", facts, sources);
  const inference::Bundle bundle(folder);
  const auto id = [&](int64_t nth) {
    const int64_t titles = bundle.titles().size();
    return Json(bundle.titles()[1 + nth % titles].id);
  };
  std::vector<std::string> requests;
  for (const Json& history : {Json::array(), Json{id(0)}, Json{id(1), id(2), id(3)},
                              Json{id(0), "an id that is not there", id(4)}}) {
    requests.push_back(Json{{"history", history}, {"k", 5}}.dump());
  }
  const inference::Runner runner(bundle);
  write_file(folder / "golden.json", inference::golden_json(runner, requests).dump(1) + "\n");
}

Manifest export_run(const RunExport& options) {
  const fs::path path =
      options.dataset.empty() ? training::dataset_of_run(options.run) : options.dataset;
  if (options.dataset.empty() && !fs::exists(path)) {
    throw Error(cat("the dataset of ", options.run.string(), ", ", path.string(),
                    ", is not there any more; name where it is now with --data"));
  }
  const data::Dataset dataset(path);
  const training::TrainedModel trained = training::load_trained(options.run, dataset);
  const at::Tensor vectors = trained.model->title_vectors();
  const models::ContentLayout layout = models::content_layout(dataset.catalogue());

  ArtefactWriter writer(options.out, "bundle", options.overwrite);
  const fs::path& folder = writer.folder();
  models::TorchScriptOptions script;
  script.max_history = trained.config.data.max_history;
  script.titles = dataset.catalogue().size();
  const at::Tensor content = models::content_table(dataset.catalogue(), layout);
  auto* towers = dynamic_cast<models::VectorModel*>(trained.model.get());
  if (towers != nullptr && towers->encode_titles(content).defined()) {
    script.content_columns = layout.columns;
    write_file(folder / "content.json", layout.to_json(dataset.catalogue()).dump(1) + "\n");
  }
  models::export_torchscript(*trained.model, script, folder / "model.pt");
  if (vectors.defined()) write_vectors(vectors, folder / "titles.bin");
  inference::write_titles_csv(dataset.catalogue(), dataset.train_counts(), folder / "titles.csv");
  fs::copy_file(options.run / "config.yaml", folder / "config.yaml");
  write_curve(trained.run, folder / "training.json");
  write_file(folder / "model_card.md",
             models::model_card(*trained.model, trained.config, trained.run, dataset));

  const Json facts = facts_of(trained, dataset, vectors).to_json();
  const std::vector<Source> sources = {{"run", options.run.filename().string(), trained.run.sha256},
                                       {"dataset", dataset.name(), dataset.manifest().sha256}};
  write_golden(folder, facts, sources);
  Manifest bundle = writer.commit(facts, sources);
  log::info(cat("wrote ", options.out.string(), ": ", trained.config.model.name, "@",
                bundle.sha256.substr(0, 8), ", ", grouped(dataset.catalogue().size()),
                " titles; exported and checked against the trained model"));
  return bundle;
}

namespace {

void run(const Options& options) {
  const RunExport& run = options.run;
  if (options.format == "triton") {
    if (options.bundle.empty()) throw Error("--format triton needs --bundle");
    export_triton(options.bundle, run.out, run.overwrite);
    return;
  }
  if (!options.bundle.empty()) throw Error("--bundle is for --format triton");
  if (run.run.empty() && options.stages.candidates.empty()) {
    throw Error("export needs --run, or --candidates and --ranking");
  }
  if (run.run.empty()) {
    export_two_stage(options.stages, run.out, run.overwrite);
    return;
  }
  export_run(run);
  const fs::path dataset = run.dataset.empty() ? training::dataset_of_run(run.run) : run.dataset;
  log::info(cat("next: marquee evaluate --bundle ", run.out.string(), " --data ", dataset.string(),
                " --out REPORT"));
}

}  // namespace

void add_export(CLI::App& app) {
  auto& command = add_command(
      app, "export",
      "Turn a finished run, or two bundles, into a bundle that can be served; or a bundle "
      "into another server's form",
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
  auto* candidates = command
                         .add_option("--candidates", options->stages.candidates,
                                     "bundle that picks candidates from the whole catalogue")
                         ->excludes(run_option);
  auto* ranking =
      command
          .add_option("--ranking", options->stages.ranking, "bundle that puts candidates in order")
          ->needs(candidates)
          ->excludes(run_option);
  candidates->needs(ranking);
  command.add_option("--count", options->stages.count, "candidates that are put in order")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000))
      ->needs(candidates);
  command
      .add_option("--format", options->format,
                  "bundle, or triton: the model repository of Triton, from a bundle")
      ->capture_default_str()
      ->check(CLI::IsMember({"bundle", "triton"}));
  command.add_option("--bundle", options->bundle, "with --format triton: bundle to take")
      ->excludes(run_option)
      ->excludes(candidates);
  command.add_flag("--overwrite", options->run.overwrite, "replace what --out holds");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
