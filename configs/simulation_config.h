// The configuration of simulated members (`marquee simulate`, policy/simulation/): how they visit,
// browse, choose, enjoy and leave. The meaning of each key, with its source or the word assumption,
// is in simulation_config.cpp alone; docs/configuration.md takes it from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"
#include "configs/server_config.h"

namespace marquee::configs {

struct VisitConfig {
  double a_day = 0.35;
  double spread = 0.7;
  double weekend = 1.3;
  double hour = 20.5;
  double hour_spread = 2.5;
  double satisfaction = 1.5;
};

struct BrowsingConfig {
  double next_row = 0.72;
  double next_title = 0.82;
  double trust = 0.3;
  double search = 0.25;
};

struct ChoiceConfig {
  double taste = 13;
  double threshold = 0.7;
  double quality = 0.3;
  double sameness = 0.5;
  double passed = 0.4;
  double another = 0.5;
};

struct MoodConfig {
  double memory = 0.8;
  double nothing_found = 0;
  double sameness_days = 5;
  double trust_gained = 0.05;
  double trust_lost = 0.1;
};

struct LeavingConfig {
  double a_day = 0.008;
  double satisfaction = 4;
  double idle = 1;
};

// A member, as a value: the same for all, but for how often they visit and what they like.
struct MemberConfig {
  VisitConfig visits;
  BrowsingConfig browsing;
  ChoiceConfig choice;
  MoodConfig mood;
  LeavingConfig leaving;
};

// What some of the members get.
struct ArmConfig {
  std::string bundle;
  std::string model;   // instead of a bundle: a configuration to train
  std::string server;  // instead of a bundle: http://HOST:PORT
  std::string server_key;
  std::string from;    // with model: a configuration to train before it, which it starts from
  std::string policy;  // folder, or a configuration; "": the fixed order of rows
  double share = 1;
  PageConfig page;
  DiversityConfig diversity;
};

// Members whose pages two of the arms fill together.
struct InterleavingConfig {
  std::string first, second;  // arms; "": nobody
  double share = 0.1;
};

struct SimulationConfig {
  std::string world;
  int64_t users = 20'000, titles = 3'000, interactions = 800'000;  // of a world to be made
  int members = 0;
  double newcomers = 0.2;
  int enrol_days = 7;
  int days = 28;
  int releases = 0, withdrawals = 0;
  bool exposures = false;
  int64_t seed = 1;
  std::string salt = "marquee";
  MemberConfig member;
  std::map<std::string, ArmConfig> arms;  // by name
  InterleavingConfig interleaving;
};

// Whether a name is that of a file to make something from, and not of a folder that is there.
bool is_configuration(const std::string& name);

void visit(SimulationConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const SimulationConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h).
SimulationConfig read_simulation_config(const std::filesystem::path& file,
                                        const std::vector<std::string>& overrides);

}  // namespace marquee::configs
