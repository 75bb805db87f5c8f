// The configuration of a policy of pages (serving/policies/): how it chooses rows and titles, and
// what it learns from. The meaning of each key is in policy_config.cpp alone; docs/configuration.md
// takes it from there.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

struct RowChoiceConfig {
  std::string algorithm = "thompson";
  std::string reward_model = "linear";
  double epsilon = 0;
  double temperature = 0.05;
  double width = 1;
  double prior = 1;
  double noise = 0.3;
  double discount = 1;
  int window = 0;
  int most = 9;
};

struct TitleChoiceConfig {
  std::string fill = "best";
  double kept = 0.75;
  int candidates = 100;
  double temperature = 1;
};

struct RewardConfig {
  double play = 1;
  double complete = 1;
  double like = 1;
  double rating = 1;
  double returned = 0;
  int return_days = 0;
  double hours = 24;
};

struct PolicyConfig {
  int64_t seed = 1;
  bool learns = true;
  RowChoiceConfig rows;
  TitleChoiceConfig titles;
  RewardConfig reward;
};

void visit(PolicyConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const PolicyConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h); without a file the defaults, with the overrides.
PolicyConfig read_policy_config(const std::filesystem::path& file,
                                const std::vector<std::string>& overrides);

std::string to_yaml(const PolicyConfig& config);

}  // namespace marquee::configs
