#include "policy/experiment/experiment.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/steps.h"
#include "cli/tensor_runs.h"
#include "core/artefact.h"
#include "core/file.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/text.h"
#include "policy/experiment/assignment.h"

namespace marquee::cli {

namespace fs = std::filesystem;

namespace {

// Makes what the arms of a simulation need and do not have yet: a world, its dataset, a bundle of
// each model, and policies. Each is named after a hash of what it is made from, so that what is in
// the work folder already is used again if it fits, and only then.
class Preparation {
 public:
  Preparation(fs::path base, fs::path work) : base_(std::move(base)), work_(std::move(work)) {}

  // Overrides with which the configuration names folders that are there.
  std::vector<std::string> make(const configs::SimulationConfig& config) {
    fs::create_directories(work_);
    std::vector<std::string> overrides;
    const fs::path world = config.world.empty() ? made_world(config) : base_ / config.world;
    if (config.world.empty()) overrides.push_back(cat("simulation.world=", world.string()));
    for (const auto& [name, arm] : config.arms) {
      const std::string key = cat("arms.", name);
      if (!arm.model.empty()) {
        // What is trained is a bundle from now on.
        overrides.push_back(cat(key, ".bundle=", made_bundle(arm, world).string()));
        overrides.push_back(cat(key, ".model="));
        overrides.push_back(cat(key, ".from="));
      }
      if (configs::is_configuration(arm.policy)) {
        overrides.push_back(cat(key, ".policy=", made_policy(arm.policy).string()));
      }
    }
    return overrides;
  }

 private:
  // "dataset-3f2a90bc"
  fs::path named(const std::string& name, const std::string& made_from) const {
    constexpr size_t kDigits = 8;
    return fs::absolute(work_) / cat(name, "-", sha256_hex(made_from).substr(0, kDigits));
  }

  // A relative name is below the configuration's folder.
  fs::path found(const std::string& name) const { return config_file(base_ / name); }

  static fs::path once(const fs::path& out, std::vector<std::string> words) {
    if (fs::exists(out)) return out;
    words.insert(words.end(), {"--out", out.string()});
    run_step(words);
    return out;
  }

  fs::path made_world(const configs::SimulationConfig& config) const {
    const std::vector<std::string> words = {"synth",
                                            "--users",
                                            std::to_string(config.users),
                                            "--titles",
                                            std::to_string(config.titles),
                                            "--interactions",
                                            std::to_string(config.interactions),
                                            "--seed",
                                            std::to_string(config.seed)};
    return once(named("world", join(words, " ")), words);
  }

  // Made of the world's data, of the configuration, and of the one that it starts from.
  std::string ingredients(const configs::ArmConfig& arm, const fs::path& world) const {
    return cat(read_manifest(world).sha256, read_file(found(arm.model)),
               arm.from.empty() ? "" : read_file(found(arm.from)));
  }

  static fs::path made_dataset(const fs::path& world, const fs::path& out) {
    const auto table = [&](const char* name) { return (world / name).string(); };
    return once(out, {"ingest", "--interactions", table("interactions.csv"), "--titles",
                      table("titles.csv"), "--users", table("users.csv")});
  }

  static configs::ArmConfig only_model(const std::string& model) {
    configs::ArmConfig arm;
    arm.model = model;
    return arm;
  }

  fs::path made_run(const configs::ArmConfig& arm, const fs::path& world) const {
    const Manifest manifest = read_manifest(world);
    const fs::path dataset =
        manifest.kind == "dataset" ? world : made_dataset(world, named("dataset", manifest.sha256));
    const fs::path file = found(arm.model);
    std::vector<std::string> words = {"train", "--config", file.string(), "--data",
                                      dataset.string()};
    if (!arm.from.empty()) {
      words.insert(words.end(), {"--from", made_run(only_model(arm.from), world).string()});
    }
    return once(named(file.stem().string() + "-run", ingredients(arm, world)), words);
  }

  fs::path made_bundle(const configs::ArmConfig& arm, const fs::path& world) const {
    const fs::path bundle = named(found(arm.model).stem().string(), ingredients(arm, world));
    if (fs::exists(bundle)) return bundle;
    return once(bundle, {"export", "--run", made_run(arm, world).string()});
  }

  fs::path made_policy(const std::string& config) const {
    const fs::path file = found(config);
    return once(named(file.stem().string() + "-policy", read_file(file)),
                {"policy", "train", "--config", file.string()});
  }

  const fs::path base_, work_;
};

}  // namespace

void run_experiment(policy::ExperimentOptions options, fs::path work, const fs::path& assign) {
  options.command = command_line();
  options.config = config_file(options.config);
  const auto config = configs::read_experiment_config(options.config, options.overrides);
  if (!assign.empty()) {
    if (!options.overwrite) check_output(options.out, false);
    const int64_t members = policy::assign_members(assign, config, options.out);
    log::info(
        cat("wrote ", options.out.string(), ": an arm for each of ", grouped(members), " members"));
    return;
  }
  check_output(options.out, options.overwrite);
  if (config.units.empty()) {
    if (work.empty()) work = options.out.string() + "-work";
    Preparation preparation(options.config.parent_path(), work);
    std::ranges::copy(preparation.make(config.simulation), std::back_inserter(options.overrides));
  }
  std::cout << console_table(policy::run_experiment(options));
  log::info(cat("wrote ", (options.out / "report.html").string(), " and report.json"));
}

}  // namespace marquee::cli
