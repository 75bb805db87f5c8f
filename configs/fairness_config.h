// Limits of `marquee audit fairness`: how far groups of members and providers of titles may be
// apart. The meaning of each key is in fairness_config.cpp alone; docs/configuration.md takes it
// from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

struct MemberLimit {
  double gap = 0.1;
};

struct ProviderLimit {
  double least = 0, most = 1'000;
};

struct FairnessConfig {
  std::map<std::string, MemberLimit> members;      // by attribute
  std::map<std::string, ProviderLimit> providers;  // by kind
};

void visit(FairnessConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const FairnessConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h); without a file there are no limits.
FairnessConfig read_fairness_config(const std::filesystem::path& file,
                                    const std::vector<std::string>& overrides);

}  // namespace marquee::configs
