#include "models/export/model_card.h"

#include "configs/yaml.h"
#include "core/text.h"

namespace marquee::models {

namespace {

// A validation score; "" if there is none.
std::string metric_of(const Json& score) {
  if (score.contains("valid_rmse")) {
    return "RMSE of predicted ratings: " + fixed(score.value("valid_rmse", -1.0), 4);
  }
  if (!score.contains("valid_ndcg@10")) return "";
  return "NDCG@10 (full ranking): " + fixed(score.value("valid_ndcg@10", -1.0), 4);
}

std::string quality(const Manifest& run) {
  if (run.facts.contains("privacy")) {
    return "Scores on members' data are no part of a model that protects them. `marquee evaluate` "
           "evaluates it on test.";
  }
  if (run.facts.contains("refit")) {
    const Json& refit = run.facts.at("refit");
    return cat("It learned from validation as well, so that no validation score of it is known. ",
               "How long to train was chosen by run `", refit.at("of").get<std::string>(),
               "`, without the validation part: validation ", metric_of(refit.at("valid")),
               " after epoch ", refit.at("epochs").get<int64_t>(),
               ". `marquee evaluate` evaluates it on test.");
  }
  const std::string metric = metric_of(run.fact<Json>("best"));
  if (metric.empty()) return "There were no validation members, so its quality is unknown.";
  return cat("Validation ", metric, " at step ", run.fact<int64_t>("best_step"),
             ". `marquee evaluate` evaluates it on test.");
}

std::string learned_from(const Manifest& run, const data::Dataset& dataset) {
  const std::string interactions =
      run.facts.contains("privacy") ? "" : cat(grouped(dataset.interactions()), " interactions, ");
  return cat(dataset.name(), ": ", grouped(dataset.users()), " members, ",
             grouped(dataset.catalogue().size()), " titles, ", interactions, "split ",
             dataset.split(),
             run.facts.contains("refit")
                 ? ". The train and validation parts were learned from, the test part was not.\n"
                 : ". Only the train part was learned from.\n");
}

// What training used of members beside what they watched.
std::string groups(const configs::Config& config) {
  const configs::GroupsConfig& c = config.train.groups;
  if (c.attribute.empty()) return "";  // else it is balanced or hidden: configs/config.cpp
  const double hidden = config.model.loss.hide_groups;
  return cat(
      "\n\n## Groups of members\n\nThe column `", c.attribute,
      "` of the users file was used in training, and is no input of the model: groups ",
      "balanced by ", general(c.balance), " (0: by what their members did; 1: all the same)",
      hidden > 0 ? cat(", hidden in members' vectors with a weight of ", general(hidden)) : "",
      ". `marquee audit fairness` and `audit privacy` measure what came of it.");
}

// What training guarantees about members; also says that it guarantees nothing.
std::string privacy(const Manifest& run) {
  const auto found = run.facts.find("privacy");
  if (found == run.facts.end()) {
    return "It holds no user ids, but its weights come from members' histories and were learned "
           "without differential privacy: treat them as you treat those.";
  }
  const Json& p = *found;
  const auto number = [&](const char* name) { return general(p.at(name).get<double>()); };
  return cat(
      "Learned with differential privacy of members: epsilon ", number("epsilon"), ", delta ",
      number("delta"), ", for ", p.at("adjacency").get<std::string>(), " (",
      p.at("conversion").get<std::string>(), "). ", p.at("mechanism").get<std::string>(),
      ", Gaussian noise of ", number("noise"), " times what one member changes, ",
      grouped(p.at("steps").get<int64_t>()), " steps in which each member takes part with ",
      "probability ", number("sampling"), "; counts of titles once, with noise of ",
      number("counts_noise"),
      ". It covers the weights, the title vectors and the popularity of "
      "titles in this bundle. It does not cover which titles there are, the number of members, the "
      "scale of ratings, the hashes of the dataset and of the run in the manifest, settings that "
      "were chosen by "
      "scores on members, evaluation reports, and what members send to the server.");
}

}  // namespace

std::string model_card(const Recommender& model, const configs::Config& config, const Manifest& run,
                       const data::Dataset& dataset) {
  return cat(
      "# ", config.model.name, "\n\n", model.description(), "\n\n## Learned from\n\n",
      learned_from(run, dataset), "Dataset `", dataset.manifest().sha256, "`, run `", run.sha256,
      "`.\n\n## Quality\n\n", quality(run), "\n\n## Privacy\n\n", privacy(run), groups(config),
      "\n\n## Use and limits\n\n",
      "For ranking the titles of this catalogue for its members. Scores order titles; they are no "
      "probabilities and do not compare between members. It repeats the habits of the data it "
      "learned from, popularity and unequal exposure included: read the evaluation report's "
      "popularity lift and coverage before use.\n\n## Configuration\n\n```yaml\n",
      configs::to_yaml(config), "```\n");
}

}  // namespace marquee::models
