#include <chrono>
#include <iostream>

#include "cli/commands.h"
#include "cli/steps.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;

// Kept in the program, so that quickstart needs no other file; the same as configs/quickstart.yaml.
constexpr const char* kTwoTower =
#include "cli/quickstart_config.inc"
    ;

void run(const fs::path& out) {
  if (fs::exists(out) && !fs::is_empty(out)) {
    throw Error(cat("--out ", out.string(), " is not empty; name another or remove it"));
  }
  const auto start = std::chrono::steady_clock::now();
  fs::create_directories(out);
  const auto at = [&](const char* name) { return (out / name).string(); };
  write_file(out / "two_tower.yaml", kTwoTower);
  write_file(out / "popularity.yaml", "model:\n  name: popularity\n");

  run_step({"synth", "--out", at("synth")});
  run_step({"ingest", "--interactions", at("synth/interactions.csv"), "--titles",
            at("synth/titles.csv"), "--users", at("synth/users.csv"), "--name",
            "synthetic catalogue", "--out", at("dataset")});
  for (const char* model : {"popularity", "two_tower"}) {
    const std::string run_folder = at("runs/") + model, bundle = at("bundles/") + model;
    run_step(
        {"train", "--config", at(model) + ".yaml", "--data", at("dataset"), "--out", run_folder});
    run_step({"export", "--run", run_folder, "--out", bundle});
  }
  run_step({"recommend", "--bundle", at("bundles/two_tower"), "--user", "u1", "--data",
            at("dataset"), "-k", "5"});
  run_step({"evaluate", "--bundle", at("bundles/two_tower"), at("bundles/popularity"), "--data",
            at("dataset"), "--out", at("report")});

  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::cout << "\nDone in " << human_duration(seconds) << ". What to try next:\n"
            << "  your own data     marquee ingest --interactions events.csv --titles titles.csv "
               "--out DATASET\n"
            << "  MovieLens         marquee ingest --movielens ml-latest-small --out DATASET\n"
            << "  titles like one   marquee similar --bundle " << at("bundles/two_tower")
            << " --title t1\n"
            << "Report: " << at("report/report.html") << "\n"
            << "Serve:  marquee serve --bundle " << at("bundles/two_tower") << "\n";
}

}  // namespace

void add_quickstart(CLI::App& app) {
  auto& command = add_command(app, "quickstart",
                              "From nothing to a trained model, a report and titles, in minutes",
                              {"marquee quickstart", "marquee quickstart --out out/first"});
  const auto out = std::make_shared<fs::path>("out/quickstart");
  command.add_option("--out", *out, "folder for everything it makes")->capture_default_str();
  command.callback([out] { run(*out); });
}

}  // namespace marquee::cli
