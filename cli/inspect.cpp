#include <iostream>

#include "cli/commands.h"
#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "core/text_table.h"
#include "data/statistics.h"
#include "data/time_range.h"
#include "training/refit.h"
#include "training/training_state.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::vector<std::string>>;

std::string percent(double share) { return fixed(share * 100, share < 0.01 ? 2 : 1) + " %"; }

void describe_dataset(const fs::path& path, Rows& rows) {
  const data::Dataset dataset(path);
  const data::Statistics s = data::statistics(dataset);
  rows.push_back({"name", dataset.name()});
  rows.push_back({"split", dataset.split()});
  rows.push_back({"users", grouped(s.users)});
  rows.push_back({"titles", cat(grouped(s.titles), " (", grouped(s.titles_with_interactions),
                                " with interactions)")});
  rows.push_back(
      {"interactions",
       cat(grouped(s.interactions), ": ", grouped(s.parts[0]), " train, ", grouped(s.parts[1]),
           " valid, ", grouped(s.parts[2]), " test, ", grouped(s.parts[3]), " given")});
  std::vector<std::string> events;
  for (size_t e = 0; e < s.events.size(); ++e) {
    if (s.events[e] > 0) {
      events.push_back(cat(grouped(s.events[e]), " ", data::name(static_cast<data::Event>(e))));
    }
  }
  rows.push_back({"events", join(events, ", ")});
  rows.push_back({"density", percent(s.density())});
  const auto& q = s.history_quantiles;
  rows.push_back({"history length", cat("least ", q[0], ", quartiles ", q[1], " / ", q[2], " / ",
                                        q[3], ", 90 % ", q[4], ", most ", q[5])});
  rows.push_back(
      {"popularity", cat("top 1 % of titles hold ", percent(s.top_1_percent), ", top 10 % hold ",
                         percent(s.top_10_percent), ", Gini ", fixed(s.gini, 3))});
  rows.push_back({"time", data::day(s.first_time) + " to " + data::day(s.last_time)});
  for (size_t f = 0; f < data::kFeatures; ++f) {
    rows.push_back(
        {cat(data::kFeatureNames[f], "s"),
         cat(grouped(s.vocabulary[f]), " names, on ", percent(s.coverage[f]), " of the titles")});
  }
  rows.push_back({"year", "on " + percent(s.year_coverage) + " of the titles"});
  rows.push_back({"countries", "on " + percent(s.country_coverage) + " of the titles"});
}

// A curve drawn in block characters of eight heights.
std::string sparkline(const std::vector<double>& values) {
  static const char* const kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty()) return "";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::string line;
  for (const double value : values) {
    const double share = *high > *low ? (value - *low) / (*high - *low) : 0;
    line += kBlocks[static_cast<size_t>(std::min(7.0, share * 8))];
  }
  return line;
}

// Of a run or bundle that protects members.
void describe_privacy(const Json& facts, Rows& rows) {
  const auto found = facts.find("privacy");
  if (found == facts.end() || !found->is_object()) return;
  rows.push_back(
      {"privacy", cat("epsilon ", general(found->value("epsilon", 0.0)), ", delta ",
                      general(found->value("delta", 0.0)), " for ", found->value("adjacency", "?"),
                      "; ", found->value("mechanism", "?"))});
}

// Of a run that learned from validation as well.
void add_refit(const Manifest& run, Rows& rows) {
  if (!training::is_refit(run)) return;
  rows.push_back({"refit", training::describe_refit(run.facts.at(training::kRefitFact))});
}

void describe_run(const Manifest& run, Rows& rows) {
  rows.push_back({"model", run.fact<std::string>("model")});
  add_refit(run, rows);
  if (!run.fact<bool>("finished")) {
    rows.push_back({"state", "not finished; go on with `marquee train --resume`"});
    return;
  }
  std::vector<double> losses, scores;
  for (const auto& point : run.fact<std::vector<training::CurvePoint>>("curve")) {
    if (point.valid.measured()) {
      scores.push_back(point.valid.by_rmse ? -point.valid.rmse : point.valid.ndcg);
    } else {
      losses.push_back(point.loss);
    }
  }
  rows.push_back({"parameters", grouped(run.fact<int64_t>("parameters"))});
  rows.push_back({"steps", cat(grouped(run.fact<int64_t>("steps")),
                               run.fact<bool>("stopped_early") ? " (stopped early)" : "")});
  rows.push_back({"trained", cat("in ", human_duration(run.fact<double>("seconds")), " on ",
                                 run.fact<std::string>("device"))});
  if (!scores.empty()) {
    const auto best = training::validation_score(run.fact<Json>("best"));
    rows.push_back(
        {"best", cat(training::describe(best), " at step ", run.fact<int64_t>("best_step"))});
    rows.push_back({"validations", sparkline(scores)});
  }
  if (losses.size() > 60) {
    std::vector<double> thinned;
    for (size_t i = 0; i < 60; ++i) thinned.push_back(losses[i * losses.size() / 60]);
    losses = thinned;
  }
  if (!losses.empty()) {
    rows.push_back({"loss", cat(sparkline(losses), " ", fixed(losses.front(), 3), " to ",
                                fixed(losses.back(), 3))});
  }
}

void describe_facts(const Json& facts, Rows& rows) {
  for (const auto& [key, value] : facts.items()) {
    if (value.is_string()) {
      rows.push_back({key, value.get<std::string>()});
    } else if (value.is_number_integer()) {
      rows.push_back({key, grouped(value.get<int64_t>())});
    } else if (value.is_primitive()) {
      rows.push_back({key, value.dump()});
    }
  }
}

void describe_origin(const Manifest& manifest, Rows& rows) {
  for (const auto& source : manifest.sources) {
    rows.push_back(
        {"made from", cat(source.kind, " ", source.name, " ", source.sha256.substr(0, 16))});
  }
  uint64_t bytes = 0;
  for (const auto& file : manifest.files) bytes += file.size;
  rows.push_back({"files", cat(manifest.files.size(), ", ", human_bytes(double(bytes)))});
}

// Whether it is signed, and by whom.
std::string origin(const Manifest& manifest, bool trusted) {
  if (trusted) return "by a trusted key";
  return is_signed(manifest.folder) ? "yes; --trusted-keys checks by whom" : "no";
}

void run(const fs::path& path, bool json, const TrustedKeys* trusted) {
  const Artefact artefact(read_manifest(path, trusted));
  const Manifest& manifest = artefact.manifest();
  if (json) {
    std::cout << read_file(path / "manifest.json");
    return;
  }
  Rows rows = {{manifest.kind, path.string()},
               {"id", manifest.sha256},
               {"intact", "yes: every file has the size and hash of the manifest"},
               {"signed", origin(manifest, trusted != nullptr)},
               {"made by", cat("marquee ", manifest.version, ", schema ", manifest.schema)}};
  if (manifest.kind == "dataset") {
    describe_dataset(path, rows);
  } else if (manifest.kind == "run") {
    describe_run(manifest, rows);
  } else {
    describe_facts(manifest.facts, rows);
  }
  describe_privacy(manifest.facts, rows);
  describe_origin(manifest, rows);
  std::cout << text_table(rows);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto& command = add_command(app, "inspect",
                              "What an artefact is, what it was made from, whether it is intact",
                              {"marquee inspect out/ml", "marquee inspect out/bundle --json"});
  const auto path = std::make_shared<fs::path>();
  const auto json = std::make_shared<bool>(false);
  command.add_option("path", *path, "a dataset, run, bundle, report or folder made by synth")
      ->required();
  command.add_flag("--json", *json, "the manifest as it is");
  const auto keys = std::make_shared<fs::path>();
  add_trusted_keys(command, *keys);
  command.callback([path, json, keys] { run(*path, *json, trusted_keys(*keys).get()); });
}

}  // namespace marquee::cli
