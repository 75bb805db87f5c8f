#include "evaluation/evaluate.h"

#include <iostream>

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void add_evaluate(CLI::App& app) {
  auto& command = add_command(
      app, "evaluate", "Judge bundles on the test part of a dataset, as they would be served",
      {"marquee evaluate --bundle out/two_tower out/popularity --data out/ml --out out/report",
       "marquee evaluate --bundle out/bundle --data out/ml --out out/report --candidates "
       "candidates.csv"});
  const auto options = std::make_shared<evaluation::EvaluationOptions>();
  command.add_option("--bundle", options->bundles, "bundle folders to compare")->required();
  command.add_option("--data", options->dataset, "dataset folder")->required();
  command.add_option("--out", options->out, "report folder to make")->required();
  command.add_option("--candidates", options->candidates,
                     "CSV user_id,title_id: rank each test title among exactly these");
  command.add_option("--seed", options->seed, "of sampled negatives and intervals")
      ->capture_default_str();
  command.add_option("--device", options->device, "cpu or cuda")->capture_default_str();
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options] {
    const evaluation::Report report = evaluation::evaluate(*options);
    std::cout << evaluation::console_table(report);
    log::info(cat("wrote ", (options->out / "report.html").string(), " and report.json"));
  });
}

}  // namespace marquee::cli
