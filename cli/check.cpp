#include <iostream>

#include "cli/commands.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "serving/bundle_check.h"
#include "serving/model_slot.h"

namespace marquee::cli {

namespace {

struct Options {
  std::filesystem::path bundle, trusted_keys;
  bool json = false;
};

void run(const Options& options) {
  serving::ModelOptions loading;
  loading.trusted = trusted_keys(options.trusted_keys);
  serving::limit_this_process();
  const int64_t before = peak_memory();
  const serving::ServedModel model(options.bundle, loading, {});
  const int64_t bytes = peak_memory() - before;
  const std::string& name = model.bundle.name();
  if (options.json) {
    std::cout << Json{{"model", name}, {"memory_bytes", bytes}}.dump() << "\n";
  } else {
    std::cout << cat(printable(name, LineEnds::kEscaped), " loads, takes ",
                     human_bytes(static_cast<double>(bytes)),
                     " of memory, and answers as it did when it was made\n");
  }
}

}  // namespace

void add_check(CLI::App& app) {
  auto& command = add_command(
      app, "check", "Load a bundle as the server does, in a limited process, and check its answers",
      {"marquee check --bundle out/bundle"});
  const auto options = std::make_shared<Options>();
  command.add_option("--bundle", options->bundle, "bundle folder")->required();
  add_trusted_keys(command, options->trusted_keys);
  command.add_flag("--json", options->json, "one JSON line");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
