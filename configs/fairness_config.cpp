#include "configs/fairness_config.h"

#include "core/text.h"

namespace marquee::configs {

void visit(FairnessConfig& config, FieldVisitor& v) {
  v.section("members", "", [&] {
    for (auto& [attribute, limit] : config.members) {
      v.section(attribute, "", [&, &l = limit] {
        v.real("gap", l.gap, 0, 1,
               "share by which NDCG@10 of a group may be below that of all other members");
        const auto most = [&](const char* key, double& value, const char* what) {
          v.real(key, value, 0, 1'000,
                 cat("largest ", what,
                     " between a group and all others, in stars; of models that predict ratings"));
        };
        most("value", l.value, "value unfairness");
        most("absolute", l.absolute, "absolute unfairness");
        most("underestimation", l.underestimation, "underestimation unfairness");
        most("overestimation", l.overestimation, "overestimation unfairness");
        most("non_parity", l.non_parity, "non-parity");
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
  v.section("european", "", [&] {
    EuropeanLimit& l = config.european;
    v.real(
        "least_of_catalogue", l.least_of_catalogue, 0, 1,
        "share of European works in the catalogue; Directive 2010/13/EU, Article 13(1), asks for "
        "0.3");
    v.real("least_of_exposure", l.least_of_exposure, 0, 1, "the same of what is shown");
    v.real("least_of_lists", l.least_of_lists, 0, 1,
           "share of lists of ten with at least `titles_in_list` European works");
    v.integer("titles_in_list", l.titles_in_list, 1, 10, "European works in such a list");
    v.text("countries", l.countries,
           "joined by commas; a title counts as a European work if more than half of its countries "
           "are among these");
  });
}

void check_rules(
    const FairnessConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  for (const auto& [kind, limit] : config.providers) {
    if (limit.least > limit.most) problem(cat("providers.", kind, ".least"), "is above most");
  }
  if (config.european.countries.empty()) problem("european.countries", "is empty");
}

}  // namespace marquee::configs
