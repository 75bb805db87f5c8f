#include "configs/policy_config.h"

namespace marquee::configs {

namespace {

void visit_rows(RowChoiceConfig& c, FieldVisitor& v) {
  const bool all = v.visits_all();
  v.choice("algorithm", c.algorithm,
           {"fixed", "random", "epsilon_greedy", "boltzmann", "thompson", "ucb"},
           "how the next row is chosen: as without a policy; evenly; the row of the highest mean "
           "reward; by softmax of the means; by a draw from what is believed of each (Thompson "
           "1933); by the highest mean plus a bonus for what is little known (LinUCB, Li et al. "
           "2010, with the growing width of UCB1)");
  if (all || (c.algorithm != "fixed" && c.algorithm != "random")) {
    v.choice("reward_model", c.reward_model, {"linear", "logistic"},
             "of a row's reward, by what is known of the member and its position: Bayesian linear "
             "regression, or logistic (Chapelle & Li 2011) for rewards from 0 to 1");
    v.real("prior", c.prior, 1e-6, 1e6, "variance of each weight before anything is known");
    if (all || c.reward_model == "linear") {
      v.real("noise", c.noise, 1e-6, 1e6, "standard deviation of a reward around its mean");
      v.integer("window", c.window, 0, 1'000'000,
                "rewards of each kind of row that are remembered; 0: all of them");
    }
    v.real("discount", c.discount, 0.5, 1,
           "weight that what was learned keeps at each new reward of that kind of row, for tastes "
           "that change");
    v.real("epsilon", c.epsilon, 0, 1,
           "share of rows chosen evenly instead, which bounds "
           "every row's probability from below");
  }
  if (all || c.algorithm == "boltzmann") {
    v.real("temperature", c.temperature, 1e-6, 1e6, "of the softmax, in units of reward");
  }
  if (all || c.algorithm == "ucb" || c.algorithm == "thompson") {
    v.real(
        "width", c.width, 0, 1e3,
        "of the bonus, in standard deviations times sqrt(2 log rewards); or how much wider draws "
        "are than what is believed");
  }
  v.integer("most", c.most, 1, 40, "rows of a page");
}

void visit_titles(TitleChoiceConfig& c, FieldVisitor& v) {
  const bool all = v.visits_all();
  v.choice(
      "fill", c.fill, {"best", "sampled", "random"},
      "which titles a row gets: the best; the best and, for the others, a draw by softmax of "
      "their scores (rows that the model ranks: top, new, favourite; Chen et al. 2019); any of "
      "the candidates");
  if (all || c.fill == "sampled") {
    v.real("kept", c.kept, 0, 1, "share of a row that is the best");
    v.real("temperature", c.temperature, 1e-6, 1e6, "of the softmax, in units of the score");
  }
  if (all || c.fill != "best") {
    v.integer("candidates", c.candidates, 1, 10'000,
              "best titles of a row that others are drawn of");
  }
}

void visit_reward(RewardConfig& c, FieldVisitor& v) {
  v.real("play", c.play, -1e3, 1e3, "reward of a row for a play of one of its titles");
  v.real("complete", c.complete, -1e3, 1e3, "for one seen to the end");
  v.real("like", c.like, -1e3, 1e3, "for a like");
  v.real("rating", c.rating, -1e3, 1e3, "for a rating");
  v.real(
      "returned", c.returned, 0, 1e3,
      "of each row that something came from, when the member comes back, 4 hours later at least");
  v.integer(
      "return_days", c.return_days, 0, 60,
      "days after a page on each of which coming back earns `returned`; what they will earn is "
      "estimated from the first of them (impatient bandits, McDonald et al. 2023). 0: coming back "
      "earns once, within `hours`");
  v.real("hours", c.hours, 1e-3, 24 * 28,
         "after a page, within which events and coming back count for it");
}

}  // namespace

void visit(PolicyConfig& config, FieldVisitor& v) {
  v.section("policy", "", [&] {
    v.integer(
        "seed", config.seed, 0, 1'000'000'000'000,
        "of draws, which also depend on the member and the day: a page stays as it is all day");
    v.boolean("learns", config.learns, "go on learning while it is served");
  });
  v.section("rows", "", [&] { visit_rows(config.rows, v); });
  v.section("titles", "", [&] { visit_titles(config.titles, v); });
  v.section("reward", "", [&] { visit_reward(config.reward, v); });
}

void check_rules(
    const PolicyConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  if (config.rows.window > 0 && config.rows.discount < 1) {
    problem("rows.window", "forgets at once what rows.discount lets fade; set one of them");
  }
  if (config.reward.return_days > 0) {
    if (config.reward.returned == 0) {
      problem("reward.return_days", "needs reward.returned, which those days earn");
    }
    if (config.reward.hours > 24) {
      problem("reward.hours", "must be at most 24 where reward.return_days follows it");
    }
    if (config.rows.reward_model != "linear") {
      problem("rows.reward_model",
              "must be linear where reward.return_days is set: rewards of "
              "days are summed");
    }
  }
  constexpr double kReturnHours = 4;  // serving/pages/recent_pages.h
  if (config.reward.returned > 0 && config.reward.return_days == 0 &&
      config.reward.hours <= kReturnHours) {
    problem("reward.hours",
            "must be above 4 where reward.returned is set: who comes back sooner has "
            "not been away");
  }
}

}  // namespace marquee::configs
