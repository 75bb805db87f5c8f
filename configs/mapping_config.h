// What the files of a dataset mean, where they speak another language than Marquee's: the
// configuration of `marquee ingest --mapping`. The meaning of each key is in mapping_config.cpp
// alone; docs/configuration.md takes it from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

// Which interactions stay. 0 and "": the rule is off.
struct KeepConfig {
  std::string from, until;
  int64_t most_a_day = 0;
  int64_t session_minutes = 0;
  std::string repeats = "all";
  int64_t least_of_user = 0, least_of_title = 0;
};

// What a kind of event is worth: one weight, or steps.
struct WeightConfig {
  double weight = 0;
  std::map<std::string, double> steps;  // by the lowest value that they are for
};

struct MappingConfig {
  std::map<std::string, std::string> interactions, titles, users;  // by Marquee's name of a column
  std::string time_unit = "seconds";
  std::map<std::string, std::string> events;    // by their name in the file
  std::map<std::string, double> scale;          // by kind of event
  std::map<std::string, double> least;          // by kind of event
  std::map<std::string, WeightConfig> weights;  // by kind of event
  KeepConfig keep;
};

// In `events`, instead of a kind of event.
inline constexpr const char* kLeaveOut = "leave-out";

void visit(MappingConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const MappingConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h).
MappingConfig read_mapping_config(const std::filesystem::path& file,
                                  const std::vector<std::string>& overrides);

// The same from text; `where` stands for the file in messages.
MappingConfig parse_mapping_config(const std::string& text, const std::string& where);
std::string to_yaml(const MappingConfig& config);

}  // namespace marquee::configs
