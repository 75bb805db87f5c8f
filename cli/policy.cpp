#include <iostream>

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"
#include "core/text_table.h"
#include "policy/policy_training.h"
#include "serving/policies/served_policy.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;

void train(policy::PolicyTraining training) {
  if (!training.config.empty()) training.config = config_file(training.config);
  const int64_t rows = policy::train_policy(training);
  log::info(cat("wrote ", training.out.string(), ", which learned from ", grouped(rows), " rows"));
}

// What the policy believes of each kind of row, for users of two kinds.
void inspect(const fs::path& folder) {
  const serving::ServedPolicy policy(folder);
  std::cout << policy.id() << ", learned from " << grouped(policy.rewards()) << " rows\n";
  constexpr serving::UserFeatures kNewcomer{1, 0, 1, 0, 0}, kRegular{1, 1, 0, 0.9, 0.6};
  std::vector<std::vector<std::string>> rows = {
      {"row", "newcomer, 1st", "newcomer, 4th", "regular, 1st", "regular, 4th"}};
  for (size_t i = 0; i < serving::kRowKinds; ++i) {
    const auto kind = static_cast<serving::RowKind>(i);
    auto& row = rows.emplace_back();
    row.emplace_back(serving::name(kind));
    for (const auto& features : {kNewcomer, kRegular}) {
      for (const int position : {0, 3}) {
        const auto believed = policy.believed(kind, features, position);
        row.push_back(believed ? fixed(*believed, 4) : "");
      }
    }
  }
  if (policy.believed(serving::RowKind::kTop, kNewcomer, 0)) std::cout << text_table(rows);
}

}  // namespace

void add_policy(CLI::App& app) {
  auto& command =
      add_command(app, "policy", "Make policies that choose the rows and titles of pages",
                  {"marquee policy train --config policy.yaml --out out/policy",
                   "marquee policy train --log out/feedback --set rows.algorithm=ucb --out "
                   "out/policy",
                   "marquee policy inspect out/policy"});
  command.require_subcommand(1);
  const auto options = std::make_shared<policy::PolicyTraining>();
  const auto shown = std::make_shared<fs::path>();
  auto& trained = *command.add_subcommand(
      "train", "make one, which may go on learning while it is served (marquee serve --policy)");
  trained.add_option("--log", options->log,
                     "dataset made from a server's log (marquee ingest --feedback) that it learns "
                     "from; default: none");
  trained.add_option("--config", options->config, "YAML file; docs/policy.md; default: defaults");
  trained.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  trained.add_option("--out", options->out, "policy folder to make")->required();
  trained.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  trained.callback([options] { train(*options); });
  auto& inspected =
      *command.add_subcommand("inspect", "what a policy believes of each kind of row");
  inspected.add_option("policy", *shown, "policy folder")->required();
  inspected.callback([shown] { inspect(*shown); });
}

}  // namespace marquee::cli
