#include "policy/ope.h"

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

// 2 where nothing could be estimated: the log cannot answer the question.
void run(policy::OpeOptions options) {
  options.command = command_line();
  const policy::OpeReport report = policy::evaluate_policies(options);
  std::cout << console_table(report);
  log::info(cat("wrote ", (options.out / "report.html").string(), " and report.json"));
  const auto refused = [](const auto& each) { return each.refused(); };
  if (std::ranges::all_of(report.policies, refused)) throw Exit{2};
}

}  // namespace

void add_ope(CLI::App& app) {
  auto& command = add_command(
      app, "ope", "Estimate from a log what other policies would earn, or say that it cannot say",
      {"marquee ope --log bts/all/all.csv --policy uniform --out out/ope",
       "marquee ope --log random/all/all.csv --policy thompson=prior_bts.yaml:all "
       "mine=probabilities.csv --out out/ope",
       "marquee ope --log out/feedback --policy out/policy --out out/ope"});
  const auto options = std::make_shared<policy::OpeOptions>();
  command
      .add_option("--log", options->log,
                  "CSV of what was shown, or a dataset made from a server's log; docs/policy.md")
      ->required();
  command
      .add_option(
          "--policy", options->policies,
          "uniform, thompson=FILE.yaml[:SECTION], NAME=FILE.csv of probabilities, or FOLDER or "
          "NAME=FOLDER of a policy (marquee policy)")
      ->required();
  command.add_option("--clusters", options->clusters,
                     "FILE.csv[:COLUMN] of item_id and cluster (or COLUMN): actions that earn "
                     "about the same, for marginalised IPS; default: each action alone");
  command.add_option("--out", options->out, "report folder to make")->required();
  command.add_option("--seed", options->seed, "of resamples and of Thompson sampling")
      ->capture_default_str();
  command.add_option("--resamples", options->resamples, "for intervals")
      ->capture_default_str()
      ->check(CLI::Range(100, 100'000));
  command
      .add_option("--rewards", options->rewards,
                  "reward model of the direct method and the doubly robust estimators: means by "
                  "position and action, or a regression on what was known of members as well")
      ->capture_default_str()
      ->check(CLI::IsMember({"means", "regression"}));
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
