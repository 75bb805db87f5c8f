// `marquee evaluate --seeds`: how much a metric depends on the random seed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace marquee::exporting {

struct SeedOptions {
  std::filesystem::path bundle, dataset;
  std::filesystem::path folder;  // for runs and bundles; those already there are used
  int seeds = 2;                 // with the bundle's own
  std::string device;
};

// Trains and exports the bundle's configuration with the seeds that follow its own. Returns the
// bundles' folders. Throws Error for a bundle that is not trained as one (two_stage); Interrupted
// after Ctrl-C, and the same call goes on from there.
std::vector<std::filesystem::path> train_seeds(const SeedOptions& options);

}  // namespace marquee::exporting
