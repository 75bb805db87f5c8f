#include "evaluation/gate.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "core/text_table.h"

namespace marquee::evaluation {

namespace {

class Gate {
 public:
  Gate(const Report& report, const configs::GateConfig& config)
      : report_(report), config_(config), closes_unless_certain_(config.certainty == "not_worse") {}

  std::vector<GateFinding> findings() {
    for (const auto& [name, margin] : config_.metrics) of_metric(name, margin);
    for (const auto& [kind, margin] : config_.slices) of_slices(kind, margin);
    return std::move(findings_);
  }

 private:
  void of_metric(const std::string& name, double margin) {
    const auto& names = compared_metrics();
    const auto known = std::ranges::find_if(names, [&](const MetricName& each) {
      return name == cat(each.protocol, ".", each.metric);
    });
    if (known == names.end()) {
      std::vector<std::string> all;
      for (const MetricName& each : names) all.push_back(cat(each.protocol, ".", each.metric));
      throw Error(
          cat("metrics.", name, " of the gate: no such metric; there are ", join(all, ", ")));
    }
    const Interval* const old = report_.bundles[1].find(known->protocol, known->metric);
    const auto difference = report_.difference(known->protocol, known->metric, 0, 1);
    if (old == nullptr || !difference) {
      throw Error(
          cat("metrics.", name, " of the gate: not measured of both bundles on this dataset"));
    }
    // How much is lost.
    const Interval& gain = difference->interval;
    const Interval loss =
        known->lower_is_better ? gain : Interval{-gain.value, -gain.high, -gain.low};
    const double most = margin * old->value;
    findings_.push_back({.what = name,
                         .before = old->value,
                         .now = report_.bundles[0].find(known->protocol, known->metric)->value,
                         .margin = margin,
                         .failed = (closes_unless_certain_ ? loss.high : loss.low) > most});
  }

  void of_slices(const std::string& id, double margin) {
    const SliceKind* const now = find_kind(report_.bundles[0].slices, id);
    const SliceKind* const before = find_kind(report_.bundles[1].slices, id);
    if (now == nullptr || before == nullptr) {
      std::vector<std::string> all;
      for (const SliceKind& each : report_.bundles[0].slices) all.push_back(each.id);
      throw Error(cat("slices.", id, " of the gate: no such slices; there are ", join(all, ", ")));
    }
    for (size_t i = 0; i < now->slices.size(); ++i) {
      const Slice &own = now->slices[i], &old = before->slices[i];
      if (own.n < config_.least_in_slice) continue;
      const bool lost = old.ndcg.value - own.ndcg.value > margin * old.ndcg.value;
      const bool certain = own.ndcg.high < old.ndcg.low;
      findings_.push_back({.what = cat(id, " ", own.name, ": ndcg@10"),
                           .before = old.ndcg.value,
                           .now = own.ndcg.value,
                           .margin = margin,
                           .failed = lost && (closes_unless_certain_ || certain)});
    }
  }

  const Report& report_;
  const configs::GateConfig& config_;
  const bool closes_unless_certain_;
  std::vector<GateFinding> findings_;
};

}  // namespace

std::vector<GateFinding> gate_findings(const Report& report, const configs::GateConfig& config) {
  return Gate(report, config).findings();
}

std::string gate_console(const std::vector<GateFinding>& findings) {
  std::vector<std::vector<std::string>> rows = {{"gate", "before", "now", "change", "margin", ""}};
  for (const GateFinding& each : findings) {
    rows.push_back({each.what, fixed(each.before, 4), fixed(each.now, 4),
                    each.before == 0 ? "–" : fixed((each.now / each.before - 1) * 100, 1) + " %",
                    fixed(each.margin * 100, 1) + " %", each.failed ? "worse" : "ok"});
  }
  const auto failed = std::ranges::count_if(findings, &GateFinding::failed);
  return cat("\n", text_table(rows, Align::kRight), "\nthe gate is ",
             failed == 0 ? "open" : cat("closed: ", failed, failed == 1 ? " finding" : " findings"),
             "\n");
}

}  // namespace marquee::evaluation
