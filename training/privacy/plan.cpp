#include "training/privacy/plan.h"

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "models/classic/private_sums.h"

namespace marquee::training {

namespace {

// The counts of titles may cost this share of epsilon by themselves. Together with the steps it is
// less than the sum, since costs add up like squares.
constexpr double kCountsShare = 0.3;

int64_t members_of(const data::Dataset& dataset) {
  return std::ranges::count_if(dataset.train_counts_of_users(), [](int64_t n) { return n > 0; });
}

// Its noise is still to be found.
Mechanism learning_of(const configs::Config& config, int64_t members) {
  if (configs::kind_of(config.model) == configs::ModelKind::kIals) {
    return {1, 0, config.train.epochs};
  }
  const int64_t batch = config.train.batch_size;
  if (batch > members) {
    throw Error(cat("train.batch_size ", batch, " is above the number of members, ", members,
                    "; with train.privacy.epsilon it is how many members a step draws"));
  }
  return {static_cast<double>(batch) / static_cast<double>(members), 0,
          config.train.epochs * ((members + batch - 1) / batch)};
}

}  // namespace

Json PrivacyPlan::to_json() const {
  Json json = {{"epsilon", epsilon},
               {"delta", budget.delta},
               {"adjacency", "one member added or removed"},
               {"conversion", kConversion},
               {"mechanism", clip > 0 ? "DP-SGD" : "DPALS"},
               {"noise", learning.noise},
               {"sampling", learning.sampling},
               {"steps", learning.steps},
               {"counts_noise", counts.noise},
               {"titles_per_member", titles_per_member},
               {"noise_seed", "drawn from the operating system and not kept"}};
  if (clip > 0) json["clip"] = clip;
  return json;
}

std::string describe(const PrivacyPlan& plan) {
  return cat("privacy of members: epsilon ", general(plan.epsilon), ", delta ",
             general(plan.budget.delta), " after ", plan.learning.steps,
             plan.clip > 0 ? " steps" : " rounds", ", noise ", general(plan.learning.noise, 3),
             "; the run cannot be repeated bit for bit, and its folder is not protected: publish ",
             "bundles alone");
}

std::optional<PrivacyPlan> privacy_plan(const configs::Config& config,
                                        const data::Dataset& dataset) {
  if (!configs::learns_privately(config)) return std::nullopt;
  const configs::PrivacyConfig& c = config.train.privacy;
  PrivacyPlan plan;
  plan.budget = {c.epsilon, c.delta};
  plan.members = members_of(dataset);
  plan.titles_per_member = c.titles_per_member;
  if (c.delta * static_cast<double>(plan.members) >= 1) {
    throw Error(cat("train.privacy.delta ", general(c.delta), " is not below 1 over the ",
                    plan.members, " members, so that a whole history could be revealed; lower it"));
  }
  if (const auto strangers = dataset.manifest().fact<int64_t>("titles_only_in_interactions");
      strangers > 0) {
    throw Error(cat("train.privacy.epsilon: ", grouped(strangers),
                    " titles of the dataset are in no ",
                    "titles file and in the order in which members watched them, which a bundle ",
                    "would reveal; ingest a titles file with all titles"));
  }
  plan.learning = learning_of(config, plan.members);
  if (configs::kind_of(config.model) != configs::ModelKind::kIals) plan.clip = c.clip;
  plan.counts.noise = noise_for({c.epsilon * kCountsShare, c.delta}, plan.counts);
  plan.learning.noise = noise_for(plan.budget, plan.learning, {&plan.counts, 1});
  const Mechanism all[] = {plan.counts, plan.learning};
  plan.epsilon = epsilon_of(all, c.delta);
  return plan;
}

std::vector<int64_t> private_counts(const PrivacyPlan& plan, const data::Dataset& dataset) {
  RandomStream random = secret_stream();
  const models::InteractionMatrix interactions(dataset);
  const models::InteractionMatrix sampled(
      models::sampled_rows(interactions.titles_of_user, plan.titles_per_member, random),
      dataset.catalogue().size());
  return models::noisy_counts(sampled, plan.titles_per_member, plan.counts.noise, random);
}

}  // namespace marquee::training
