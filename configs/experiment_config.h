// The configuration of `marquee experiment`: which members had which arm, and what is measured. The
// meaning of each key is in experiment_config.cpp alone; docs/configuration.md takes it from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"
#include "configs/simulation_config.h"

namespace marquee::configs {

struct MetricConfig {
  std::string kind = "mean";
  std::string column;
  std::string denominator;
  std::string before;
  std::string ended;
  std::string early, past;
  double quantile = 0.95;
  std::string values;
  double horizon = 28;
  std::string role = "success";
  std::string better = "higher";
  double margin = 0.01;
};

struct ExperimentConfig {
  std::string units;
  std::string control;
  double alpha = 0.05;
  std::string looks = "once";
  double tuned_members = 5'000;
  double mixture = 0.02;
  double power = 0.8;
  std::string segments;
  std::string salt = "marquee";
  std::map<std::string, double> shares;         // by arm; empty: equal
  std::map<std::string, MetricConfig> metrics;  // by name
  SimulationConfig simulation;                  // without units: members are simulated
};

void visit(ExperimentConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const ExperimentConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h).
ExperimentConfig read_experiment_config(const std::filesystem::path& file,
                                        const std::vector<std::string>& overrides);

}  // namespace marquee::configs
