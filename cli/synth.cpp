#include "data/synth.h"

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void add_synth(CLI::App& app) {
  auto& command = add_command(app, "synth", "Make synthetic titles, members and interactions",
                              {"marquee synth --out out/synth",
                               "marquee synth --out out/small --users 500 --titles 300 "
                               "--interactions 20000 --seed 7"});
  const auto options = std::make_shared<data::SynthOptions>();
  command.add_option("--out", options->out, "folder to make")->required();
  command.add_option("--users", options->users, "members")->capture_default_str();
  command.add_option("--titles", options->titles, "titles")->capture_default_str();
  command.add_option("--interactions", options->interactions, "events")->capture_default_str();
  command.add_option("--seed", options->seed, "same seed, same bytes")->capture_default_str();
  command.add_flag("--no-order{false}", options->ordered,
                   "make the order of events carry no signal (no sequels, no moods)");
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options] {
    data::synthesise(*options);
    log::info(cat("wrote ", options->out.string(), ": ", grouped(options->users), " members, ",
                  grouped(options->titles), " titles, ", grouped(options->interactions),
                  " interactions"));
    log::info(cat("next: marquee ingest --interactions ",
                  (options->out / "interactions.csv").string(), " --titles ",
                  (options->out / "titles.csv").string(), " --out DATASET"));
  });
}

}  // namespace marquee::cli
