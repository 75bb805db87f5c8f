#include "training/train.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <torch/nn/module.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/openmp_waiting.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/member_groups.h"
#include "models/device.h"
#include "models/registry.h"
#include "training/distributed/ranks.h"
#include "training/fitting.h"
#include "training/privacy/plan.h"
#include "training/refit.h"
#include "training/run_start.h"
#include "training/trainer.h"

namespace marquee::training {

namespace fs = std::filesystem;

namespace {

// The processes that train together, of which all but the first are silent. Those of one machine
// share its processors.
std::unique_ptr<Ranks> join_others(const std::string& device) {
  const Place place = Place::from_environment();
  if (place.size == 1) return nullptr;
  if (std::getenv("MARQUEE_THREADS") == nullptr) {
    set_thread_count(std::max(1, thread_count() / static_cast<int>(place.local_size)));
  }
  if (place.rank > 0 && log::level() < log::Level::kWarn) log::set_level(log::Level::kWarn);
  return std::make_unique<Ranks>(place, device);
}

// What several processes cannot share.
void check_shareable(const Ranks* ranks, const configs::Config& config,
                     models::Recommender& model) {
  if (ranks == nullptr) return;
  const std::string where = cat("WORLD_SIZE is ", ranks->size(), ": ");
  if (dynamic_cast<models::RoundLearner*>(&model) != nullptr) {
    throw Error(cat(where, config.model.name, " is trained by one process; start it without ",
                    "torchrun or mpirun"));
  }
  if (configs::learns_privately(config)) {
    throw Error(cat(where, "train.privacy.epsilon is for one process; start it without torchrun ",
                    "or mpirun"));
  }
}

// Whether there is something to start from.
void check_startable(const TrainOptions& options, models::Recommender& model) {
  if (options.init.empty()) return;
  const bool in_rounds = dynamic_cast<models::RoundLearner*>(&model) != nullptr;
  if (!in_rounds || configs::kind_of(options.config.model) == configs::ModelKind::kIals) return;
  throw Error(cat("--init: ", options.config.model.name, " is computed from all of the data each ",
                  "time, which nothing makes faster; leave out --init"));
}

void check_learnable(const data::Dataset& dataset) {
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    for (size_t i = 0; i < history.titles.size(); ++i) {
      if (dataset.is_liked_in_train(history, i)) return;
    }
  }
  throw Error(cat("dataset ", dataset.name(), " (split ", dataset.split(),
                  ") has no train interactions to learn from; ingest it with another --split"));
}

// Whether the dataset has the groups that the configuration names.
void check_groups(const configs::Config& config, const data::Dataset& dataset) {
  const std::string& attribute = config.train.groups.attribute;
  if (!attribute.empty()) data::member_groups(dataset, attribute, "train.groups.attribute");
}

void check_trained_on(const Manifest& run, const data::Dataset& dataset) {
  if (is_from(run, dataset)) return;
  throw artefact_error(cat(run.folder.string(), " was trained on another dataset than ",
                           dataset.name(), " is now; ingest it again as it was"));
}

// Checked before anything is written.
std::optional<PrivacyPlan> plan_of(const TrainOptions& options, const data::Dataset& dataset) {
  const auto plan = privacy_plan(options.config, dataset);
  const bool earlier = !options.init.empty();
  if (plan && (earlier || !options.from.empty())) {
    throw Error(cat(earlier ? "--init " : "--from ",
                    earlier ? options.init.string() : options.from.string(),
                    " and train.privacy.epsilon do not go ",
                    "together: what is known of members before the first step stays in the model"));
  }
  return plan;
}

std::vector<int64_t> counts_in(const fs::path& run) {
  const fs::path file = Artefact(read_manifest(run, kRunKind)).file(kCountsFile);
  const models::NamedTensors tensors = models::load_tensors(file);
  const auto found = tensors.find("counts");
  if (found == tensors.end() || found->second.scalar_type() != at::kLong) {
    throw artefact_error(file.string() + " has no counts");
  }
  const auto* const values = found->second.const_data_ptr<int64_t>();
  return {values, values + found->second.numel()};
}

Json finished_facts(const Work& work, const TrainSummary& summary, const TrainingState& state) {
  Json best = Json::object();
  add_to(best, summary.best);
  Json facts = first_facts(work);
  facts.update({{"finished", true},
                {"device", summary.device},
                {"parameters", summary.parameters},
                {"steps", summary.steps},
                {"best_step", summary.best_step},
                {"best", best},
                {"stopped_early", summary.stopped_early},
                {"seconds", summary.seconds},
                {"curve", state.curve}});
  if (work.privacy) facts["privacy"] = work.privacy->to_json();
  return facts;
}

TrainSummary summary_of_finished(const Manifest& run) {
  log::info("the run is finished already; nothing was done");
  TrainSummary summary;
  summary.refit = is_refit(run);
  summary.stopped_early = run.fact<bool>("stopped_early");
  summary.steps = run.fact<int64_t>("steps");
  summary.best_step = run.fact<int64_t>("best_step");
  summary.best = validation_score(run.fact<Json>("best"));
  summary.parameters = run.fact<int64_t>("parameters");
  summary.seconds = run.fact<double>("seconds");
  summary.device = run.fact<std::string>("device");
  return summary;
}

StopReason learn(const Work& work, TrainSummary& summary, TrainingState& state) {
  const auto& [options, dataset, model, privacy, refit, ranks] = work;
  const int64_t epochs = refit ? refit->epochs : 0;
  if (auto* rounds = dynamic_cast<models::RoundLearner*>(&model)) {
    summary.device = "cpu";
    if (privacy) {
      dynamic_cast<models::PrivateLearner&>(model).hide_members(
          {privacy->members, privacy->titles_per_member, privacy->learning.noise,
           counts_in(options.out)});
    }
    return fit_in_rounds(options.config,
                         {dataset, model, *rounds, options.out, options.stop_after, epochs}, state);
  }
  auto& learner = dynamic_cast<models::GradientLearner&>(model);
  model.module().to(at::Device(summary.device));
  Trainer trainer(options.config, {dataset, model, learner, options.out, summary.device,
                                   options.stop_after, privacy, epochs, ranks});
  const StopReason reason = trainer.fit();
  state = trainer.state();
  return reason;
}

}  // namespace

TrainSummary train(const TrainOptions& given) {
  const auto start = std::chrono::steady_clock::now();
  const OpenMpWaiting waiting;
  TrainOptions options = given;
  std::optional<Refit> refit;
  if (!options.refit.empty()) {
    refit = plan_refit(options.refit);
    options.config = refit->config;
  }
  TrainSummary summary;
  summary.device = models::resolve_device(options.device);
  const std::unique_ptr<Ranks> ranks = join_others(summary.device);
  at::set_num_threads(thread_count());
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  const data::Dataset dataset(options.dataset,
                              refit ? data::Learning::kTrainAndValid : data::Learning::kTrain);
  if (refit) check_trained_on(refit->of, dataset);
  check_learnable(dataset);
  check_groups(options.config, dataset);
  const auto privacy = plan_of(options, dataset);
  const auto model = models::make_model(options.config, dataset);
  summary.parameters = models::parameter_count(*model);
  summary.refit = refit.has_value();
  check_shareable(ranks.get(), options.config, *model);
  check_startable(options, *model);

  const Work work{options, dataset, *model, privacy, refit, ranks.get()};
  if (begin_or_resume(work)) return summary_of_finished(read_manifest(options.out, kRunKind));
  load_start(options, *model);
  std::optional<FileLock> lock;
  if (work.is_first()) lock.emplace(options.out / ".lock", options.out.string());
  log::info(cat("training ", options.config.model.name, " on ", dataset.name(), ": ",
                human_count(static_cast<double>(summary.parameters)), " parameters, ",
                summary.device, ", ", thread_count(), " threads",
                ranks ? cat(" in each of ", ranks->size(), " processes") : ""));
  if (privacy) log::info(describe(*privacy));
  if (refit) log::info("refit: " + describe_refit(refit->to_json()));
  TrainingState state;
  const StopReason reason = learn(work, summary, state);
  summary.interrupted = reason == StopReason::kInterrupted;
  summary.paused = reason == StopReason::kPaused;
  summary.stopped_early = reason == StopReason::kStoppedEarly;
  summary.steps = state.step;
  summary.best_step = state.best_step;
  summary.best = state.best;
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!summary.interrupted && !summary.paused && work.is_first()) {
    write_manifest(options.out, kRunKind, finished_facts(work, summary, state),
                   read_manifest(options.out, kRunKind).sources);
  }
  if (ranks) ranks->wait_for_all();
  return summary;
}

TrainedModel load_trained(const fs::path& run, const data::Dataset& dataset) {
  TrainedModel trained;
  trained.run = read_finished_run(run);
  const Artefact files(trained.run);
  check_trained_on(trained.run, dataset);
  TORCH_CHECK(is_refit(trained.run) == (dataset.learning() == data::Learning::kTrainAndValid));
  trained.config = configs::read_config(files.file(kConfigFile), {});
  at::set_num_threads(thread_count());
  trained.model = models::make_model(trained.config, dataset);
  auto& module = trained.model->module();
  models::NamedTensors weights = models::tensors_of(module);
  const fs::path file = files.file("best/model.safetensors");
  models::copy_tensors(models::load_tensors(file), weights, file.string());
  module.eval();
  return trained;
}

std::vector<int64_t> title_counts(const TrainedModel& trained, const data::Dataset& dataset) {
  if (!configs::learns_privately(trained.config)) return dataset.train_counts();
  auto counts = counts_in(trained.run.folder);
  if (std::ssize(counts) == dataset.catalogue().size() + 1) return counts;
  throw artefact_error(cat(trained.run.folder.string(), ": ", kCountsFile, " has ", counts.size(),
                           " counts for ", dataset.catalogue().size(), " titles"));
}

fs::path dataset_of_run(const fs::path& run) {
  return read_manifest(run, kRunKind).fact<std::string>("dataset_path");
}

}  // namespace marquee::training
