// Policies that learn from a log before they are served.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace marquee::policy {

struct PolicyTraining {
  std::filesystem::path config;        // "": the defaults
  std::vector<std::string> overrides;  // KEY=VALUE
  std::filesystem::path log;           // a dataset made from a server's log; "": learns nothing yet
  std::filesystem::path out;
  bool overwrite = false;
};

// Writes a policy. What it believes of each kind of row comes from a regression of rewards on what
// was known of the member and the position, whatever policy showed them: the direct method. Throws
// Error for a configuration or a log that does not fit. Returns the rows that it learned from.
int64_t train_policy(const PolicyTraining& training);

}  // namespace marquee::policy
