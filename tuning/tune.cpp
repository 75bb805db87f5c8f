#include "tuning/tune.h"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

#include "configs/yaml.h"
#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/dataset.h"
#include "training/train.h"
#include "tuning/report.h"

namespace marquee::tuning {

namespace fs = std::filesystem;

namespace {

constexpr const char* kKind = "tuning";

bool better(const TrialResult& a, const TrialResult& b) {
  if (a.failed() != b.failed()) return b.failed();
  if (!a.failed() && a.score.better_than(b.score)) return true;
  if (!a.failed() && b.score.better_than(a.score)) return false;
  return a.trial < b.trial;
}

// Models with a closed form have no epochs.
bool learns_in_epochs(const configs::Config& config) {
  return configs::has_key(config, "train.epochs");
}

class TrialSearch {
 public:
  TrialSearch(const TuneOptions& options, configs::SearchSpace space, const data::Dataset& dataset)
      : options_(options), space_(std::move(space)), dataset_(dataset) {
    const configs::Config base = space_.base();
    const auto seed = static_cast<uint64_t>(base.train.seed);
    tuned_.dataset = dataset.name();
    tuned_.keys = space_.keys();
    for (int64_t trial = 0; trial < options.trials; ++trial) {
      tuned_.trials.push_back(space_.draw(seed, trial));
    }
    tuned_.rungs = learns_in_epochs(base)
                       ? rungs(options.trials, base.train.epochs, base.train.validate_every_epochs)
                       : std::vector<Rung>{{options.trials, 1}};
  }

  void prepare();
  Tuned run();

 private:
  struct Running {
    TrialResult about;
    std::unique_ptr<TrialProcess> process;
  };

  fs::path folder(int64_t trial) const { return options_.out / "trials" / std::to_string(trial); }
  Json facts(bool finished) const;
  void read_results();
  std::vector<TrialResult> run_rung(int64_t rung, const std::vector<int64_t>& alive);
  void start(int64_t trial, int64_t rung);
  void collect(Running& running, std::vector<TrialResult>& results);
  void interrupt_all();
  void note(const TrialResult& result) const;
  void finish();

  TuneOptions options_;
  configs::SearchSpace space_;
  const data::Dataset& dataset_;
  Tuned tuned_;
  std::map<std::pair<int64_t, int64_t>, TrialResult> known_;  // by rung and trial
  std::vector<Running> running_;
};

Json TrialSearch::facts(bool finished) const {
  Json facts = {{"finished", finished},
                {"model", space_.base().model.name},
                {"trials", options_.trials},
                {"configuration",
                 sha256_hex(cat(read_file(options_.config), join(options_.overrides, "\n")))}};
  if (finished) {
    facts["best_trial"] = tuned_.best.trial;
    add_to(facts, tuned_.best.score);
  }
  return facts;
}

void TrialSearch::prepare() {
  const bool exists = fs::exists(options_.out);
  if (exists && options_.resume) {
    const Manifest manifest = read_manifest(options_.out, kKind);
    if (manifest.fact<std::string>("configuration") != facts(false)["configuration"] ||
        manifest.fact<int64_t>("trials") != options_.trials ||
        manifest.sources.front().sha256 != dataset_.manifest().sha256) {
      throw Error(cat(options_.out.string(),
                      " was begun with another configuration, dataset or "
                      "number of trials; give the same or search into a new --out"));
    }
    read_results();
    return;
  }
  if (exists && !options_.overwrite) {
    throw Error(cat("--out ", options_.out.string(),
                    " exists already; name another, go on with "
                    "--resume or give --overwrite"));
  }
  ArtefactWriter writer(options_.out, kKind, options_.overwrite);
  fs::copy_file(options_.config, writer.folder() / "search.yaml");
  writer.commit(facts(false), {{"dataset", dataset_.name(), dataset_.manifest().sha256}});
}

// Complete lines only: the last one of a killed search may be half a record.
void TrialSearch::read_results() {
  const fs::path file = options_.out / "trials.jsonl";
  if (!fs::exists(file)) return;
  std::string complete;
  for (const auto& line : split(read_file(file), '\n')) {
    const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object()) continue;
    const TrialResult result = trial_result(record);
    known_[{result.rung, result.trial}] = result;
    complete += line + "\n";
  }
  write_file_atomically(file, complete);
}

void TrialSearch::note(const TrialResult& result) const {
  const std::string what =
      result.failed() ? "failed: " + result.error : training::describe(result.score);
  const std::string line =
      cat("trial ", result.trial, "  rung ", result.rung + 1, "/", tuned_.rungs.size(), "  ",
          result.epochs, result.epochs == 1 ? " epoch  " : " epochs  ", what, "  ",
          human_duration(result.seconds), "  ",
          described(tuned_.trials[static_cast<size_t>(result.trial)]));
  result.failed() ? log::warn(line) : log::info(line);
}

void TrialSearch::start(int64_t trial, int64_t rung) {
  const fs::path at = folder(trial);
  fs::create_directories(at);
  const auto& assignments = tuned_.trials[static_cast<size_t>(trial)];
  write_file(at / training::kConfigFile, configs::to_yaml(space_.with(assignments)));
  TrialProcess::Options options;
  options.folder = at;
  options.dataset = options_.dataset;
  options.device = options_.device;
  options.threads = std::max(1, thread_count() / options_.jobs);
  options.stop_after = tuned_.rungs[static_cast<size_t>(rung)].epochs;
  TrialResult about;
  about.trial = trial;
  about.rung = rung;
  running_.push_back({about, std::make_unique<TrialProcess>(options)});
}

void TrialSearch::collect(Running& running, std::vector<TrialResult>& results) {
  TrialResult result = running.process->result();
  result.trial = running.about.trial;
  result.rung = running.about.rung;
  running.process.reset();
  FileWriter writer(options_.out / "trials.jsonl", "ab");
  writer.write(to_json(result).dump() + "\n");
  writer.close();
  note(result);
  results.push_back(result);
}

void TrialSearch::interrupt_all() {
  for (auto& running : running_) running.process->interrupt();
  for (auto& running : running_) {
    while (!running.process->ended()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  running_.clear();
  throw Interrupted(cat("the same command with --resume goes on in ", options_.out.string()));
}

std::vector<TrialResult> TrialSearch::run_rung(int64_t rung, const std::vector<int64_t>& alive) {
  std::vector<TrialResult> results;
  std::vector<int64_t> waiting;
  for (const int64_t trial : alive) {
    const auto known = known_.find({rung, trial});
    if (known == known_.end()) {
      waiting.push_back(trial);
    } else {
      results.push_back(known->second);
    }
  }
  std::reverse(waiting.begin(), waiting.end());
  Progress progress(cat("rung ", rung + 1, "/", tuned_.rungs.size()), std::ssize(alive), "trials");
  while (!waiting.empty() || !running_.empty()) {
    if (interrupted()) interrupt_all();
    while (!waiting.empty() && std::ssize(running_) < options_.jobs) {
      start(waiting.back(), rung);
      waiting.pop_back();
    }
    const auto done = std::find_if(running_.begin(), running_.end(),
                                   [](auto& running) { return running.process->ended(); });
    if (done == running_.end()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } else if (interrupted()) {
      interrupt_all();
    } else {
      collect(*done, results);
      running_.erase(done);
    }
    progress.update(std::ssize(results));
  }
  progress.finish();
  std::sort(results.begin(), results.end(), better);
  return results;
}

Tuned TrialSearch::run() {
  std::vector<int64_t> alive;
  for (int64_t trial = 0; trial < options_.trials; ++trial) alive.push_back(trial);
  for (size_t rung = 0; rung < tuned_.rungs.size(); ++rung) {
    std::vector<TrialResult> results = run_rung(static_cast<int64_t>(rung), alive);
    tuned_.best = results.front();
    if (tuned_.best.failed()) {
      throw system_error(cat("all ", results.size(), " trials of rung ", rung + 1,
                             " failed; the first said: ", tuned_.best.error, "; their logs are in ",
                             (options_.out / "trials").string()));
    }
    const bool last = rung + 1 == tuned_.rungs.size();
    const int64_t survivors = last ? 1 : tuned_.rungs[rung + 1].trials;
    alive.clear();
    for (const TrialResult& result : results) {
      if (std::ssize(alive) < survivors && !result.failed()) {
        alive.push_back(result.trial);
      } else {
        fs::remove_all(folder(result.trial) / kTrialRun);
      }
    }
    std::sort(results.begin(), results.end(),
              [](const auto& a, const auto& b) { return a.trial < b.trial; });
    tuned_.results.insert(tuned_.results.end(), results.begin(), results.end());
  }
  finish();
  return tuned_;
}

void TrialSearch::finish() {
  const fs::path run = options_.out / "best-run", at = folder(tuned_.best.trial) / kTrialRun;
  if (fs::exists(at)) {
    fs::remove_all(run);
    fs::rename(at, run);
  }
  const auto& assignments = tuned_.trials[static_cast<size_t>(tuned_.best.trial)];
  write_file(options_.out / "best.yaml",
             cat("# Best of ", options_.trials, " trials on ", tuned_.dataset, ": ",
                 training::describe(tuned_.best.score), " (", described(assignments), ").\n",
                 configs::to_yaml(space_.with(assignments))));
  write_file(options_.out / "report.json", report_json(tuned_).dump(1) + "\n");
  write_file(options_.out / "report.html", report_html(tuned_));
  write_manifest(options_.out, kKind, facts(true),
                 {{"dataset", dataset_.name(), dataset_.manifest().sha256}});
}

}  // namespace

Tuned tune(const TuneOptions& options) {
  configs::SearchSpace space(options.config, options.overrides);
  const data::Dataset dataset(options.dataset);
  TrialSearch search(options, std::move(space), dataset);
  search.prepare();
  const FileLock lock(options.out / ".lock", options.out.string());
  return search.run();
}

}  // namespace marquee::tuning
