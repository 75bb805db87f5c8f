#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

void add_check(CLI::App& app) {
  auto& command = add_command(
      app, "check", "Load a bundle as the server does, in a limited process, and check its answers",
      {"marquee check --bundle out/bundle"});
  const auto options = std::make_shared<CheckArguments>();
  command.add_option("--bundle", options->bundle, "bundle folder")->required();
  add_trusted_keys(command, options->trusted_keys);
  command.add_flag("--json", options->json, "one JSON line");
  command.callback([options] { run_check(*options); });
}

}  // namespace marquee::cli
