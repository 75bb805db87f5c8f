// An experiment from its configuration to its report: members who are simulated first, or read.
#include <algorithm>
#include <utility>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/text.h"
#include "policy/experiment/experiment.h"
#include "policy/experiment/values.h"
#include "policy/simulation/simulate.h"

namespace marquee::policy {

namespace {

// Members that the difference between two arms takes, as it was seen with those that there were.
void compare_with_separate_arms(const ExperimentReport& report, Preference& preference) {
  const auto users = [&](const std::string& arm) {
    const auto at = std::ranges::find(report.arms, arm) - report.arms.begin();
    return static_cast<double>(report.users[static_cast<size_t>(at)]);
  };
  const std::string& control = report.config.control;
  if (std::ranges::find(preference.arms, control) == preference.arms.end()) return;
  const std::string& other = preference.arms[preference.arms[0] == control ? 1 : 0];
  for (const MetricResult& metric : report.metrics) {
    if (metric.config.role != "success" || metric.config.kind != "mean") continue;
    for (const Comparison& each : metric.comparisons) {
      if (each.arm != other || each.relative.value == 0) continue;
      const double times = each.detectable / each.relative.value;
      preference.metric = metric.name;
      preference.needed_apart = (users(control) + users(other)) * times * times;
      return;
    }
  }
}

// A past experiment, from which a metric that is known late is learned.
struct Past {
  std::string metric;
  std::vector<std::string> early;
  Units units;
};

// Read before anything is simulated, which takes long.
std::vector<Past> read_past(const std::filesystem::path& base,
                            const configs::ExperimentConfig& config) {
  std::vector<Past> all;
  for (const auto& [name, metric] : config.metrics) {
    if (metric.kind != "surrogate") continue;
    Past past{name, listed_columns(metric.early), {}};
    configs::ExperimentConfig reading;
    reading.control = config.control;
    for (const auto& column : past.early) reading.metrics[column].column = column;
    reading.metrics[metric.column].column = metric.column;
    past.units = read_units(base / metric.past, reading);
    try {
      Surrogate(past.units, metric.column, past.early);
    } catch (const Error& error) {
      throw Error(cat("metrics.", name, ".early: ", error.what()));
    }
    all.push_back(std::move(past));
  }
  return all;
}

// What is expected of each member becomes a column, which the metric then reads.
SurrogateQuality add_expected(const Past& past, configs::ExperimentConfig& config, Units& units) {
  configs::MetricConfig& metric = config.metrics.at(past.metric);
  const std::string outcome = std::exchange(metric.column, cat(past.metric, " expected"));
  units.columns[metric.column] = Surrogate(past.units, outcome, past.early).expected(units);
  return surrogate_quality(past.units, outcome, past.early,
                           {config.alpha, metric.better == "higher"});
}

void add_simulated(const SimulationReport& simulated, ExperimentReport& report) {
  for (const std::string& arm : report.arms) {
    const auto at = std::ranges::find(simulated.arms, arm) - simulated.arms.begin();
    std::vector<double>& hours = report.daily_hours.emplace_back();
    for (const ArmDay& day : simulated.days[static_cast<size_t>(at)]) {
      hours.push_back(day.members == 0 ? 0 : day.hours / static_cast<double>(day.members));
    }
  }
  if (simulated.interleaved.empty()) return;
  const configs::InterleavingConfig& config = report.config.simulation.interleaving;
  report.preference = preference({config.first, config.second}, simulated.interleaved,
                                 report.config.alpha, report.config.power);
  compare_with_separate_arms(report, *report.preference);
}

}  // namespace

ExperimentReport run_experiment(const ExperimentOptions& options) {
  ArtefactWriter writer(options.out, "report", options.overwrite);
  configs::ExperimentConfig config =
      configs::read_experiment_config(options.config, options.overrides);
  const std::filesystem::path base = options.config.parent_path();
  std::filesystem::path file = base / config.units;
  const std::vector<Past> pasts = read_past(base, config);
  std::vector<Source> sources;
  std::optional<SimulationReport> simulated;
  if (config.units.empty()) {
    simulated = simulate(config.simulation, base, writer.folder());
    sources = simulated->sources;
    config.shares.clear();
    for (const auto& [name, arm] : config.simulation.arms) config.shares[name] = arm.share;
    file = writer.folder() / "members.csv";
  }
  Units units = read_units(file, config);
  sources.push_back({"units", units.name, units.sha256});
  for (const auto& [name, metric] : config.metrics) {
    if (metric.values.empty()) continue;
    const auto rows = base / metric.values;
    units.values[name] = read_values(rows, metric.column, units);
    sources.push_back({"values", rows.filename().string(), sha256_file(rows)});
  }
  std::vector<SurrogateQuality> qualities;
  for (const Past& past : pasts) {
    qualities.push_back(add_expected(past, config, units));
    sources.push_back({"units", past.units.name, past.units.sha256});
  }
  ExperimentReport report = analysed(units, config);
  for (size_t i = 0; i < pasts.size(); ++i) {
    std::ranges::find(report.metrics, pasts[i].metric, &MetricResult::name)->surrogate =
        qualities[i];
  }
  report.command = options.command;
  if (simulated) add_simulated(*simulated, report);
  write_file(writer.folder() / "report.json", to_json(report) + "\n");
  write_file(writer.folder() / "report.html", to_html(report));
  writer.commit({{"what", "experiment"},
                 {"users", units.users()},
                 {"arms", report.arms.size()},
                 {"metrics", report.metrics.size()}},
                sources);
  return report;
}

}  // namespace marquee::policy
