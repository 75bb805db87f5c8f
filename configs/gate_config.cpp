#include "configs/gate_config.h"

namespace marquee::configs {

void visit(GateConfig& config, FieldVisitor& v) {
  v.section("gate", "", [&] {
    v.choice("certainty", config.certainty, {"worse", "not_worse"},
             "the gate closes if the new bundle is certainly worse by more than the margin, or "
             "unless it is certainly not; certain: by the 95 % interval of the difference");
    v.integer("least_in_slice", config.least_in_slice, 1, 1'000'000'000,
              "slices with fewer users or targets are not looked at");
  });
  v.section("metrics", "", [&] {
    for (auto& [name, margin] : config.metrics) {
      v.real(name, margin, 0, 10,
             "share of the old bundle's value by which the new one may be worse; the name is a "
             "protocol and a metric, as in full_rank.ndcg@10 or disliked.recall@10");
    }
  });
  v.section("slices", "", [&] {
    for (auto& [kind, margin] : config.slices) {
      v.real(kind, margin, 0, 10,
             "the same of NDCG@10 in every slice of this kind: history_length, user, "
             "target_popularity, title_age or genre");
    }
  });
}

void check_rules(
    const GateConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  if (config.metrics.empty() && config.slices.empty()) {
    problem("metrics",
            "name at least one metric, as in full_rank.ndcg@10: 0.02, or kind of slices");
  }
}

}  // namespace marquee::configs
