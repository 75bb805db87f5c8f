#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

void add_similar(CLI::App& app) {
  auto& command = add_command(app, "similar", "Titles similar to one title: Because You Watched",
                              {"marquee similar --bundle out/bundle --title 1",
                               "marquee similar --bundle out/bundle --title 1 -k 20 --json"});
  const auto options = std::make_shared<SimilarArguments>();
  command.add_option("--bundle", options->bundle, "bundle folder")->required();
  command.add_option("--title", options->title, "title id")->required();
  command.add_option("-k", options->k, "titles wanted, 1 to 1000")
      ->check(titles_wanted())
      ->capture_default_str();
  command.add_flag("--json", options->json, "one JSON line");
  command.callback([options] { run_similar(*options); });
}

}  // namespace marquee::cli
