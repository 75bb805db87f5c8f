#include "configs/fairness_config.h"

#include "core/text.h"

namespace marquee::configs {

void visit(FairnessConfig& config, FieldVisitor& v) {
  v.section("members", "", [&] {
    for (auto& [attribute, limit] : config.members) {
      v.section(attribute, "", [&, &l = limit] {
        v.real("gap", l.gap, 0, 1,
               "share by which NDCG@10 of a group may be below that of all other members");
      });
    }
  });
  v.section("providers", "", [&] {
    for (auto& [kind, limit] : config.providers) {
      v.section(kind, "", [&, &l = limit] {
        v.real("least", l.least, 0, 1'000,
               "of a provider's share of what is shown over its share of what members watch");
        v.real("most", l.most, 0, 1'000, "of the same");
      });
    }
  });
}

void check_rules(
    const FairnessConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  for (const auto& [kind, limit] : config.providers) {
    if (limit.least > limit.most) problem(cat("providers.", kind, ".least"), "is above most");
  }
}

}  // namespace marquee::configs
