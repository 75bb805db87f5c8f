// Members of an experiment: which arm each had, and what was measured of each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "configs/experiment_config.h"
#include "policy/experiment/statistics.h"

namespace marquee::policy {

// "a, b" -> a and b.
std::vector<std::string> listed_columns(const std::string& text);

struct Units {
  std::string name, sha256;                            // of the file
  std::vector<std::string> ids;                        // [users]
  std::vector<std::string> arms;                       // the control first, then by name
  std::vector<uint32_t> arm;                           // [users]
  std::map<std::string, std::vector<double>> columns;  // [users] each
  // Of experiment.segments: values as they are written, and which each user has.
  struct Segmentation {
    std::vector<std::string> values;  // in alphabetical order
    std::vector<uint32_t> of;         // [users]
  };
  std::map<std::string, Segmentation> segments;            // by column
  std::map<std::string, std::vector<MemberValue>> values;  // by metric, where a member has several
  int64_t crossed = 0;  // users with rows of two arms; they are left out

  size_t users() const { return arm.size(); }
  // Those of one value of a segment, without segments of their own.
  Units only(const std::string& column, size_t value) const;
};

// Reads a CSV or JSON lines with columns user_id, arm and those that the metrics name, a row a
// user. Throws Error naming every bad line (a value that is no finite number, a second row of a
// user), an arm of the configuration without a row, fewer than two arms, or a segment of more than
// 50 values.
Units read_units(const std::filesystem::path& file, const configs::ExperimentConfig& config);

}  // namespace marquee::policy
