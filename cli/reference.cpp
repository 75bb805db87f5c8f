#include <iostream>

#include "cli/commands.h"
#include "configs/yaml.h"

namespace marquee::cli {

void add_reference(CLI::App& app) {
  auto& command = add_command(app, "reference", "Print the reference of configuration keys",
                              {"marquee reference > keys.md"});
  command.callback([] { std::cout << configs::reference_markdown(); });
}

}  // namespace marquee::cli
