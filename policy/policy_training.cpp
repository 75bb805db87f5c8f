#include "policy/policy_training.h"

#include "configs/policy_config.h"
#include "core/artefact.h"
#include "core/error.h"
#include "core/text.h"
#include "policy/bandit_log.h"
#include "serving/policies/served_policy.h"

namespace marquee::policy {

int64_t train_policy(const PolicyTraining& training) {
  serving::ServedPolicy policy(configs::read_policy_config(training.config, training.overrides));
  check_output(training.out, training.overwrite);
  std::vector<Source> sources;
  if (!training.log.empty()) {
    const BanditLog log = read_bandit_log(training.log);
    if (log.features.empty()) {
      throw Error(cat("--log ", training.log.string(),
                      ": does not say what was known of members; the log of pages that a policy "
                      "chose does (marquee ingest --feedback)"));
    }
    for (size_t row = 0; row < log.rows(); ++row) {
      policy.learn(static_cast<serving::RowKind>(log.kinds[log.action[row]]), log.features[row],
                   static_cast<int>(log.position[row]), log.reward[row]);
    }
    if (policy.rewards() == 0) {
      throw Error(
          "rows.algorithm: fixed and random learn nothing; choose another, or leave out --log");
    }
    const bool is_dataset = std::filesystem::is_directory(training.log);
    sources.push_back(is_dataset ? Source{"dataset", log.name, read_manifest(training.log).sha256}
                                 : Source{"file", log.name, log.sha256});
  }
  policy.save(training.out, training.overwrite, sources);
  return policy.rewards();
}

}  // namespace marquee::policy
