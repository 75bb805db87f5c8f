#include "evaluation/fairness/audit.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/tensor_runs.h"
#include "core/log.h"
#include "core/text.h"
#include "evaluation/privacy/audit.h"
#include "serving/diversity_options.h"

namespace marquee::cli {

namespace {

// Ends with 2 where a limit is exceeded, so that a pipeline stops.
template <typename Report>
void show(const Report& report, const std::filesystem::path& out) {
  std::cout << console_table(report);
  log::info(cat("wrote ", (out / "report.html").string(), " and report.json"));
  if (report.exceeded()) throw Exit{2};
}

}  // namespace

void run_audit(evaluation::FairnessOptions options, const std::string& serving) {
  options.command = command_line();
  if (!serving.empty()) {
    const auto config = configs::read_server_config(config_file(serving), {});
    options.diversity = serving::diversity_of(config.diversity, config.answer);
  }
  if (!options.limits.empty()) options.limits = config_file(options.limits);
  show(evaluation::audit_fairness(options), options.out);
}

void run_audit(evaluation::PrivacyOptions options) {
  options.command = command_line();
  show(evaluation::audit_privacy(options), options.out);
}

}  // namespace marquee::cli
