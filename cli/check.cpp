#include <iostream>

#include "cli/commands.h"
#include "core/text.h"
#include "inference/server/bundle_check.h"
#include "inference/server/served_model.h"

namespace marquee::cli {

void add_check(CLI::App& app) {
  auto& command = add_command(
      app, "check", "Load a bundle as the server does, in a process with limits, and let it answer",
      {"marquee check --bundle out/bundle"});
  const auto bundle = std::make_shared<std::filesystem::path>();
  command.add_option("--bundle", *bundle, "bundle folder")->required();
  command.callback([bundle] {
    server::limit_this_process();
    const server::ServedModel model(*bundle, {}, {});
    std::cout << cat(model.bundle.name(), " loads, and answers as it did when it was made\n");
  });
}

}  // namespace marquee::cli
