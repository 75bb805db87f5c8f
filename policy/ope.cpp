#include "policy/ope.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "policy/clusters.h"
#include "policy/reward_model.h"

namespace marquee::policy {

namespace {

using evaluation::Resampled;

constexpr double kDelta = 0.025;

// What is estimated of a policy, before and after resampling.
struct Evaluated {
  ActionProbabilities policy;
  std::vector<double> lambdas;    // [estimators]
  std::vector<Resampled> values;  // [estimators]
};

// How often each row is in a resample of members (of rows, where members are unknown).
std::vector<double> resample(const BanditLog& log, size_t users, uint64_t seed, uint64_t index) {
  RandomStream random(seed, "ope", index);
  std::vector<double> drawn(users);
  for (size_t i = 0; i < users; ++i) drawn[random.below(users)] += 1;
  if (log.user.empty()) return drawn;
  std::vector<double> times(log.rows());
  for (size_t i = 0; i < times.size(); ++i) times[i] = drawn[log.user[i]];
  return times;
}

size_t users_of(const BanditLog& log) {
  return log.user.empty() ? log.rows() : 1 + *std::max_element(log.user.begin(), log.user.end());
}

double mean_reward(const BanditLog& log, std::span<const double> times) {
  return std::inner_product(log.reward.begin(), log.reward.end(), times.begin(), 0.0) /
         std::accumulate(times.begin(), times.end(), 0.0);
}

Evaluated prepared(ActionProbabilities policy, const WeightedLog& weights, int resamples) {
  Evaluated result{std::move(policy), {}, {}};
  for (const EstimatorInfo& each : estimators()) {
    result.lambdas.push_back(
        each.has_lambda
            ? chosen_lambda(each.estimator, weights, lambda_candidates(each.estimator, weights))
            : 0);
    result.values.push_back({contributions(each.estimator, weights, result.lambdas.back()).value(),
                             std::vector<double>(static_cast<size_t>(resamples))});
  }
  return result;
}

RewardTable modelled(const BanditLog& log, const std::string& model,
                     std::span<const double> times = {}) {
  return model == "regression" ? regressed_rewards(log, kSmoothing, times)
                               : smoothed_rewards(log, kSmoothing, times);
}

// Fills resample `index` of every policy.
void evaluate_resample(const BanditLog& log, const RewardTable& rewards,
                       std::span<const double> times, size_t index,
                       std::vector<Evaluated>& policies) {
  for (Evaluated& each : policies) {
    const WeightedLog weights = weighted(log, each.policy, rewards, times);
    for (const EstimatorInfo& about : estimators()) {
      const auto e = static_cast<size_t>(about.estimator);
      each.values[e].resamples[index] =
          contributions(about.estimator, weights, each.lambdas[e]).value(times);
    }
  }
}

PolicyResult result_of(const Evaluated& evaluated, const BanditLog& log, const WeightedLog& weights,
                       const Resampled& logged) {
  PolicyResult result;
  result.name = evaluated.policy.name();
  result.diagnostics = diagnose(log, evaluated.policy, weights);
  for (const EstimatorInfo& about : estimators()) {
    const auto e = static_cast<size_t>(about.estimator);
    Estimate estimate;
    estimate.estimator = about.estimator;
    if (about.has_lambda) estimate.lambda = evaluated.lambdas[e];
    estimate.value = evaluated.values[e].interval();
    estimate.over_log = difference(evaluated.values[e], logged).interval();
    result.estimates.push_back(estimate);
  }
  result.bernstein_low =
      bernstein_lower_bound(contributions(Estimator::kIps, weights).numerator, kDelta);
  return result;
}

// In the order of the names; throws Error where two are the same.
std::vector<ActionProbabilities> read_policies(const BanditLog& log, const OpeOptions& options) {
  if (options.policies.empty()) throw Error("--policy: name at least one policy to evaluate");
  std::vector<ActionProbabilities> policies;
  std::set<std::string> names;
  for (const auto& words : options.policies) {
    policies.push_back(named_policy(words, log, options.seed));
    if (!names.insert(policies.back().name()).second) {
      throw Error(cat("--policy: there are two named ", in_quotes(policies.back().name())));
    }
  }
  return policies;
}

}  // namespace

const Estimate& PolicyResult::of(Estimator estimator) const {
  return estimates[static_cast<size_t>(estimator)];
}

const evaluation::Interval& PolicyResult::value() const {
  return pages ? pages->of(kLeadingSlate, true).value : of(kLeading).value;
}

const evaluation::Interval& PolicyResult::over_log() const {
  return pages ? pages->of(kLeadingSlate, true).over_log : of(kLeading).over_log;
}

OpeReport estimate(const BanditLog& log, const std::vector<ActionProbabilities>& policies,
                   const OpeOptions& options) {
  const size_t users = users_of(log);
  if (options.rewards == "regression" && log.features.empty()) {
    throw Error(
        "--rewards regression: the log does not say what was known of members; a log of "
        "pages that a policy chose does");
  }
  const RewardTable rewards = modelled(log, options.rewards);
  std::vector<WeightedLog> weights;
  std::vector<Evaluated> evaluated;
  for (const auto& policy : policies) {
    weights.push_back(weighted(log, policy, rewards));
    evaluated.push_back(prepared(policy, weights.back(), options.resamples));
  }
  Resampled logged{mean_reward(log, std::vector<double>(log.rows(), 1.0)),
                   std::vector<double>(static_cast<size_t>(options.resamples))};
  parallel_for(options.resamples, 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      const auto times = resample(log, users, options.seed, i);
      logged.resamples[i] = mean_reward(log, times);
      evaluate_resample(log, modelled(log, options.rewards, times), times, i, evaluated);
    }
  });
  OpeReport report;
  report.log = log.name;
  report.sha256 = log.sha256;
  report.command = options.command;
  report.rows = static_cast<int64_t>(log.rows());
  report.users = log.user.empty() ? 0 : static_cast<int64_t>(users);
  report.actions = static_cast<int64_t>(log.actions.size());
  report.positions = log.positions;
  report.seed = options.seed;
  report.resamples = options.resamples;
  report.rewards = options.rewards;
  report.logged = logged.interval();
  for (size_t i = 0; i < policies.size(); ++i) {
    report.policies.push_back(result_of(evaluated[i], log, weights[i], logged));
  }
  if (log.slate.empty()) return report;
  report.pages = 1 + static_cast<int64_t>(log.slate.back());
  auto pages = evaluate_slates(log, weights, {options.seed, options.resamples}, report.logged_page);
  for (size_t i = 0; i < policies.size(); ++i) report.policies[i].pages = std::move(pages[i]);
  return report;
}

OpeReport evaluate_policies(const OpeOptions& options) {
  ArtefactWriter writer(options.out, "report", options.overwrite);
  BanditLog log = read_bandit_log(options.log);
  if (!options.clusters.empty()) log.cluster = read_clusters(options.clusters, log);
  OpeReport report = estimate(log, read_policies(log, options), options);
  write_file(writer.folder() / "report.json", to_json(report) + "\n");
  write_file(writer.folder() / "report.html", to_html(report));
  const auto refused = std::count_if(report.policies.begin(), report.policies.end(),
                                     [](const auto& each) { return each.refused(); });
  writer.commit({{"what", "off-policy evaluation"},
                 {"rows", report.rows},
                 {"policies", report.policies.size()},
                 {"refused", refused}},
                {{"log", log.name, log.sha256}});
  return report;
}

}  // namespace marquee::policy
