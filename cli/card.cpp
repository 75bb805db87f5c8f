#include <iostream>

#include "cli/commands.h"
#include "core/file.h"
#include "evaluation/measured_card.h"

namespace marquee::cli {

void add_card(CLI::App& app) {
  auto& command = add_command(
      app, "card", "The model card of a bundle, with what was measured of it",
      {"marquee card --bundle out/bundle --reports out/report out/fairness out/privacy"});
  struct Options {
    std::filesystem::path bundle, out;
    std::vector<std::filesystem::path> reports;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("--bundle", options->bundle, "bundle folder")->required();
  command
      .add_option("--reports", options->reports,
                  "reports on it, of marquee evaluate and marquee audit")
      ->required();
  command.add_option("--out", options->out, "file to make; default: the standard output");
  command.callback([options] {
    const std::string card = evaluation::measured_card(options->bundle, options->reports);
    options->out.empty() ? void(std::cout << card) : write_file_atomically(options->out, card);
  });
}

}  // namespace marquee::cli
