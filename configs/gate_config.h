// What a new bundle must not be worse in than the one that serves: the configuration of `marquee
// evaluate --gate`. The meaning of each key is in gate_config.cpp alone; docs/configuration.md
// takes it from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

struct GateConfig {
  std::string certainty = "worse";
  int64_t least_in_slice = 100;
  std::map<std::string, double> metrics;  // margins by "full_rank.ndcg@10"
  std::map<std::string, double> slices;   // margins by kind of slices
};

void visit(GateConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const GateConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h).
GateConfig read_gate_config(const std::filesystem::path& file,
                            const std::vector<std::string>& overrides);

}  // namespace marquee::configs
