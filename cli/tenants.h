// `marquee serve` of several bundles: which options are whose.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/tensor_runs.h"

namespace marquee::cli {

// One bundle that is served, and what it is served with.
struct Tenant {
  std::string name;  // "": there is only this one
  std::filesystem::path bundle, compared, config, state, keys, policy, exposures;
  std::string redis;
  std::vector<std::string> overrides;
};

struct Tenants {
  std::vector<Tenant> all;
  // Of the whole server: what was given without a name. Overrides of each begin with them.
  std::filesystem::path config;
  std::vector<std::string> overrides;
};

// Of options as they were given, "NAME=VALUE" or "VALUE" for all. Folders for all, of state and
// exposures, become a folder in them for each. Throws Error for a name that no bundle has or that
// is no piece of a path, an option that is given twice for one, and one that several would share.
Tenants tenants_of(const ServeArguments& arguments);

}  // namespace marquee::cli
