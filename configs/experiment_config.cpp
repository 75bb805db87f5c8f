#include "configs/experiment_config.h"

#include "core/text.h"

namespace marquee::configs {

namespace {

void visit_metric(MetricConfig& c, FieldVisitor& v) {
  v.choice("kind", c.kind, {"mean", "share", "ratio", "quantile", "survival", "surrogate"},
           "mean of a column; share of members for whom it is not 0; sum of a column over the sum "
           "of another; value below which a share of its values is; time until something ended; or "
           "what a column is expected to be later, from what is known early");
  v.text("column", c.column, "of the units: the value, the numerator, or the time");
  const bool all = v.visits_all();
  if (all || c.kind == "ratio")
    v.text("denominator", c.denominator, "column of a ratio's lower half");
  if (all || c.kind == "mean" || c.kind == "share") {
    v.text(
        "before", c.before,
        "column with what the metric was before the experiment, which takes variance out (CUPED)");
  }
  if (all || c.kind == "quantile") {
    v.real("quantile", c.quantile, 0.001, 0.999, "the share: 0.5 is the median");
    v.text("values", c.values,
           "CSV with user_id and the column, any number of rows a member, instead of the units: "
           "intervals then count members, not rows");
  }
  if (all || c.kind == "survival") {
    v.text("ended", c.ended, "column: 1 where it ended at that time, 0 where observation did");
    v.real("horizon", c.horizon, 1e-6, 1e9, "until which the mean time is taken");
  }
  if (all || c.kind == "surrogate") {
    v.text("early", c.early, "columns, separated by commas, that are known early");
    v.text("past", c.past,
           "CSV of a past experiment with the same control, these columns and the metric's own, "
           "from which is learned how it follows from them");
  }
  v.choice("role", c.role, {"success", "guardrail", "other"},
           "what a decision rests on; what must not get worse; what is reported");
  v.choice("better", c.better, {"higher", "lower"}, "which way is better");
  if (all || c.role == "guardrail") {
    v.real("margin", c.margin, 0, 1, "share of the control by which it may be worse at most");
  }
}

}  // namespace

void visit(ExperimentConfig& config, FieldVisitor& v) {
  v.section("experiment", "", [&] {
    v.text("units", config.units,
           "CSV of members; a relative path is below the configuration's; default: members are "
           "simulated, and simulation, member and arms say how");
    v.text("control", config.control, "the arm that others are compared with");
    v.real("alpha", config.alpha, 1e-6, 0.5, "level of tests and intervals");
    v.choice("looks", config.looks, {"once", "any", "mixture"},
             "once: at an end that was fixed before; any and mixture: intervals and p values that "
             "hold however often they are looked at, by confidence sequences or by the mixture "
             "sequential probability ratio test");
    v.real("tuned_members", config.tuned_members, 1, 1e12,
           "at how many members those of looks: any are narrowest");
    v.real("mixture", config.mixture, 1e-6, 10,
           "with looks: mixture: standard deviation of the relative differences that experiments "
           "have");
    v.real("power", config.power, 0.5, 0.999, "with which the detectable difference is found");
    v.text("segments", config.segments,
           "columns, separated by commas: the arms are also compared among the members of each of "
           "their values");
    v.text("salt", config.salt,
           "hashed with a member's id to give the member an arm (--assign): one for each layer of "
           "experiments, so that who is in one says nothing of who is in another");
  });
  v.section("shares", "", [&] {
    for (auto& [arm, share] : config.shares) {
      v.real(arm, share, 1e-6, 1e6, "of members that the arm was to have; default: equal");
    }
  });
  v.section("metrics", "", [&] {
    for (auto& [name, metric] : config.metrics) {
      v.section(name, "", [&, &m = metric] { visit_metric(m, v); });
    }
  });
  if (!v.visits_all() && config.units.empty()) visit(config.simulation, v);
}

void check_rules(
    const ExperimentConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  if (config.units.empty() && config.simulation.arms.empty()) {
    problem("experiment.units", "name the CSV of members, or arms of a simulation");
  } else if (config.units.empty()) {
    check_rules(config.simulation, problem);
  }
  if (config.control.empty()) problem("experiment.control", "name the arm to compare with");
  if (config.metrics.empty()) problem("metrics", "name at least one metric");
  bool success = false;
  for (const auto& [name, metric] : config.metrics) {
    const std::string key = "metrics." + name;
    success |= metric.role == "success";
    if (metric.column.empty()) problem(key + ".column", "name the column of the metric");
    if (metric.kind == "ratio" && metric.denominator.empty()) {
      problem(key + ".denominator", "a ratio needs one");
    }
    if (metric.kind == "survival" && metric.ended.empty()) {
      problem(key + ".ended", "a survival metric needs the column that says whether it ended");
    }
    const bool nothing = metric.early.find_first_not_of(" ,") == std::string::npos;
    if (metric.kind == "surrogate" && (nothing || metric.past.empty())) {
      problem(key + (nothing ? ".early" : ".past"),
              "a surrogate needs the columns that are known early, and a past experiment");
    }
  }
  if (!config.metrics.empty() && !success) {
    problem("metrics", "none has role: success, so that there is nothing to decide by");
  }
}

}  // namespace marquee::configs
