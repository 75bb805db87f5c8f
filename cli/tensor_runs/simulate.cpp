#include "policy/simulation/simulate.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/tensor_runs.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void run_simulate(policy::SimulationOptions options) {
  options.config = config_file(options.config);
  std::cout << console_table(policy::simulate(options));
  log::info(cat("wrote ", (options.out / "members.csv").string(), " and days.csv"));
}

}  // namespace marquee::cli
