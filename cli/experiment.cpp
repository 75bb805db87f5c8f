#include "policy/experiment/experiment.h"

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "cli/steps.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;

// Makes what the arms of a simulation need and do not have yet: a world, its dataset, a bundle of
// each model, and policies. What is in the work folder already is used again.
class Preparation {
 public:
  Preparation(fs::path base, fs::path work) : base_(std::move(base)), work_(std::move(work)) {}

  void make(const configs::SimulationConfig& config) {
    fs::create_directories(work_);
    std::string world = config.world;
    if (world.empty()) {
      world = at("world");
      once(world, {"synth", "--users", std::to_string(config.users), "--titles",
                   std::to_string(config.titles), "--interactions",
                   std::to_string(config.interactions), "--seed", std::to_string(config.seed)});
      set("simulation.world", world);
    } else {
      world = (base_ / world).string();
    }
    for (const auto& [name, arm] : config.arms) {
      if (!arm.model.empty()) set(cat("arms.", name, ".bundle"), bundle_of(arm.model, world));
      if (configs::is_configuration(arm.policy)) {
        set(cat("arms.", name, ".policy"), policy_of(arm.policy));
      }
    }
  }

  const std::vector<std::string>& overrides() const { return overrides_; }

 private:
  std::string at(const std::string& name) const { return fs::absolute(work_ / name).string(); }

  // A relative name is below the configuration's folder.
  std::string found(const std::string& name) const { return config_file(base_ / name).string(); }

  void set(const std::string& key, const std::string& value) {
    overrides_.push_back(cat(key, "=", value));
  }

  static void once(const std::string& out, std::vector<std::string> words) {
    if (fs::exists(out)) return;
    words.insert(words.end(), {"--out", out});
    run_step(words);
  }

  std::string bundle_of(const std::string& model, const std::string& world) {
    const std::string name = fs::path(model).stem().string();
    const std::string bundle = at("bundles/" + name), run = at("runs/" + name);
    if (fs::exists(bundle)) return bundle;
    once(at("dataset"), {"ingest", "--interactions", world + "/interactions.csv", "--titles",
                         world + "/titles.csv", "--users", world + "/users.csv"});
    once(run, {"train", "--config", found(model), "--data", at("dataset")});
    once(bundle, {"export", "--run", run});
    return bundle;
  }

  std::string policy_of(const std::string& config) {
    const std::string policy = at("policies/" + fs::path(config).stem().string());
    once(policy, {"policy", "train", "--config", found(config)});
    return policy;
  }

  const fs::path base_, work_;
  std::vector<std::string> overrides_;
};

void run(policy::ExperimentOptions options, fs::path work) {
  options.command = command_line();
  options.config = config_file(options.config);
  const auto config = configs::read_experiment_config(options.config, options.overrides);
  if (config.units.empty()) {
    if (work.empty()) work = options.out.string() + "-work";
    Preparation preparation(options.config.parent_path(), work);
    preparation.make(config.simulation);
    // A model that was trained is a bundle now.
    for (const auto& [name, arm] : config.simulation.arms) {
      if (!arm.model.empty()) options.overrides.push_back(cat("arms.", name, ".model="));
    }
    std::ranges::copy(preparation.overrides(), std::back_inserter(options.overrides));
  }
  std::cout << console_table(policy::run_experiment(options));
  log::info(cat("wrote ", (options.out / "report.html").string(), " and report.json"));
}

}  // namespace

void add_experiment(CLI::App& app) {
  auto& command =
      add_command(app, "experiment", "Compare the arms of an experiment, and say what follows",
                  {"marquee experiment --config experiment.yaml --out out/experiment",
                   "marquee experiment --config configs/experiments/algorithms.yaml --out "
                   "out/algorithms",
                   "marquee experiment --config experiment.yaml --set experiment.looks=any --out "
                   "out/experiment"});
  const auto options = std::make_shared<policy::ExperimentOptions>();
  const auto work = std::make_shared<fs::path>();
  command.add_option("--config", options->config, "YAML file; docs/experiments.md")->required();
  command.add_option("--out", options->out, "report folder to make")->required();
  command.add_option("--work", *work,
                     "folder for models that simulated arms need, used again if it is there; "
                     "default: OUT-work");
  command.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options, work] { run(*options, *work); });
}

}  // namespace marquee::cli
