#include "models/export/model_card.h"

#include "configs/yaml.h"
#include "core/text.h"

namespace marquee::models {

namespace {

std::string what_it_is(const configs::Config& config) {
  if (config.model.name == "popularity") {
    return "Ranks titles by how many members watched them; everyone gets the same list.";
  }
  return cat(
      "A two-tower model: titles are embeddings",
      config.model.title.features
          ? " plus those of their genres, actors, directors, studios, languages, year and "
            "runtime"
          : "",
      "; members are their last ", config.data.max_history, " events, read by ",
      config.model.history.encoder == "attention" ? "causal self-attention" : "their running mean",
      ". A title's score is the inner product of the two.");
}

std::string quality(const Manifest& run) {
  const double ndcg = run.fact<double>("best_valid_ndcg@10");
  if (ndcg < 0) return "There were no validation members, so its quality is unknown.";
  return cat("Validation NDCG@10 (full ranking): ", fixed(ndcg, 4), " at step ",
             run.fact<int64_t>("best_step"), ". `marquee evaluate` judges it on test.");
}

}  // namespace

std::string model_card(const configs::Config& config, const Manifest& run,
                       const data::Dataset& dataset) {
  return cat(
      "# ", config.model.name, "\n\n", what_it_is(config), "\n\n## Learned from\n\n",
      dataset.name(), ": ", grouped(dataset.users()), " members, ",
      grouped(dataset.catalogue().size()), " titles, ", grouped(dataset.interactions()),
      " interactions, split ", dataset.split(), ". Only the train part was learned from.\n",
      "Dataset `", dataset.manifest().sha256, "`, run `", run.sha256, "`.\n\n## Quality\n\n",
      quality(run), "\n\n## Use and limits\n\n",
      "For ranking the titles of this catalogue for its members. Scores order titles; they are no "
      "probabilities and do not compare between members. It repeats the habits of the data it "
      "learned from, popularity and unequal exposure included: read the evaluation report's "
      "popularity lift and coverage before use. It holds no member ids, but its weights come from "
      "members' histories: treat them as you treat those.\n\n## Configuration\n\n```yaml\n",
      configs::to_yaml(config), "```\n");
}

}  // namespace marquee::models
