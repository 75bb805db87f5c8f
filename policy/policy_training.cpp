#include "policy/policy_training.h"

#include "configs/policy_config.h"
#include "core/artefact.h"
#include "core/error.h"
#include "core/text.h"
#include "policy/bandit_log.h"
#include "policy/day_rewards.h"
#include "serving/policies/served_policy.h"

namespace marquee::policy {

namespace {

BanditLog read_pages(const std::filesystem::path& file) {
  BanditLog log = read_bandit_log(file);
  if (!log.features.empty()) return log;
  throw Error(cat("--log ", file.string(),
                  ": does not say what was known of members; the log of pages that a policy chose "
                  "does (marquee ingest --feedback)"));
}

Source source_of(const std::filesystem::path& file, const BanditLog& log) {
  if (!std::filesystem::is_directory(file)) return {"file", log.name, log.sha256};
  return {"dataset", log.name, read_manifest(file).sha256};
}

}  // namespace

int64_t train_policy(const PolicyTraining& training) {
  const configs::PolicyConfig config =
      configs::read_policy_config(training.config, training.overrides);
  check_output(training.out, training.overwrite);
  if (training.log.empty()) {
    serving::ServedPolicy(config).save(training.out, training.overwrite, {});
    return 0;
  }
  const BanditLog log = read_pages(training.log);
  const auto rewards = day_rewards(log, config.reward);
  const auto days = static_cast<size_t>(config.reward.return_days) + 1;
  serving::ServedPolicy policy(config, fitted_traces(log, rewards, days));
  for (size_t row = 0; row < log.rows(); ++row) {
    policy.learn(static_cast<serving::RowKind>(log.kinds[log.action[row]]), log.features[row],
                 static_cast<int>(log.position[row]), rewards[row]);
  }
  if (policy.rewards() == 0) {
    throw Error(
        "rows.algorithm: fixed and random learn nothing; choose another, or leave out --log");
  }
  policy.save(training.out, training.overwrite, {source_of(training.log, log)});
  return policy.rewards();
}

}  // namespace marquee::policy
