#include "models/export/model_card.h"

#include "configs/yaml.h"
#include "core/text.h"

namespace marquee::models {

namespace {

std::string quality(const Manifest& run) {
  const Json best = run.fact<Json>("best");
  std::string metric;
  if (best.contains("valid_rmse")) {
    metric = "RMSE of predicted ratings: " + fixed(best.value("valid_rmse", -1.0), 4);
  } else if (best.contains("valid_ndcg@10")) {
    metric = "NDCG@10 (full ranking): " + fixed(best.value("valid_ndcg@10", -1.0), 4);
  } else {
    return "There were no validation members, so its quality is unknown.";
  }
  return cat("Validation ", metric, " at step ", run.fact<int64_t>("best_step"),
             ". `marquee evaluate` evaluates it on test.");
}

}  // namespace

std::string model_card(const Recommender& model, const configs::Config& config, const Manifest& run,
                       const data::Dataset& dataset) {
  return cat(
      "# ", config.model.name, "\n\n", model.description(), "\n\n## Learned from\n\n",
      dataset.name(), ": ", grouped(dataset.users()), " members, ",
      grouped(dataset.catalogue().size()), " titles, ", grouped(dataset.interactions()),
      " interactions, split ", dataset.split(), ". Only the train part was learned from.\n",
      "Dataset `", dataset.manifest().sha256, "`, run `", run.sha256, "`.\n\n## Quality\n\n",
      quality(run), "\n\n## Use and limits\n\n",
      "For ranking the titles of this catalogue for its members. Scores order titles; they are no "
      "probabilities and do not compare between members. It repeats the habits of the data it "
      "learned from, popularity and unequal exposure included: read the evaluation report's "
      "popularity lift and coverage before use. It holds no user ids, but its weights come from "
      "members' histories: treat them as you treat those.\n\n## Configuration\n\n```yaml\n",
      configs::to_yaml(config), "```\n");
}

}  // namespace marquee::models
