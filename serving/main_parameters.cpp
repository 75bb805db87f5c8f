#include "serving/main_parameters.h"

#include <optional>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/text.h"
#include "inference/bundle_files.h"
#include "inference/contexts.h"

namespace marquee::serving {

namespace {

constexpr const char* kPopularity = "popularity";

std::string percent(double share) { return cat(general(100 * share, 3), " %"); }

// As far as the bundle says how its model was made: only then do members read it.
std::optional<configs::Config> config_of(const ServedModel& model) {
  try {
    return configs::read_config(model.folder / inference::kConfigFile, {});
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool weighs_order(const ServedModel& model) {
  const auto config = config_of(model);
  if (!config) return false;
  const bool by_history = config->model.name == "two_tower" || config->model.name == "neural_cf";
  return by_history && config->model.history.encoder != "mean";
}

void add_model(const ServedModel& model, std::vector<std::string>& out) {
  const inference::Bundle& bundle = model.bundle;
  const auto& facts = bundle.facts();
  const std::string& name = facts.model;
  if (name == kPopularity) {
    out.push_back("How many members watch a title decides its place; it is the same for all.");
    return;
  }
  out.push_back(cat("What you watched, liked and rated, up to the newest ",
                    grouped(facts.max_history),
                    " events, decides most: titles come first that members with a similar history "
                    "watched."));
  if (weighs_order(model)) {
    out.push_back("What you watched last weighs more than what you watched long ago.");
  }
  if (bundle.encodes_titles()) {
    out.push_back(
        "A title's genres, actors, directors, studio and language count as well, so that new "
        "titles find those who may like them.");
  }
  if (bundle.contexts() == nullptr) {
    out.push_back("Members without a history all begin with the same titles.");
  }
}

void add_contexts(const inference::Bundle& bundle, std::vector<std::string>& out) {
  if (bundle.contexts() == nullptr) return;
  std::vector<std::string> names;
  for (const inference::ContextColumn& each : bundle.contexts()->columns()) {
    names.push_back(each.name);
  }
  out.push_back(
      cat("Members without a history begin with the most watched titles. Where the "
          "service says your ",
          join(names, ", your "),
          ", what members there watch more than others comes first; the longer your "
          "history, the less that counts."));
}

std::string variety(const configs::DiversityConfig& c) {
  const std::string strength = cat(" with a strength of ", percent(c.strength), ".");
  if (c.method == "calibrated") {
    return "Lists keep near the shares of genres that you watched," + strength;
  }
  if (c.method == "xquad") {
    return "Lists have room for titles that few watch, as far as you watched such," + strength;
  }
  return "Lists are varied on purpose," + strength;
}

void add_rules(const configs::DiversityConfig& c, std::vector<std::string>& out) {
  const auto most = [&](int count, const char* of) {
    if (count == 0) return;
    out.push_back(cat("Of any ", c.window, " titles in a row at most ", count, " have the same ",
                      of, ", where there are enough others."));
  };
  most(c.most_of_genre, "first genre");
  most(c.most_of_studio, "studio");
  most(c.most_of_director, "director");
  most(c.most_of_actor, "actor");
  most(c.most_of_language, "language");
  const auto least = [&](int count, const std::string& which) {
    if (count == 0) return;
    out.push_back(cat("Of any ", c.window, " titles in a row at least ", count, " are ", which,
                      ", where there are as many."));
  };
  least(c.least_new, cat("of the newest ", c.new_years, " years"));
  least(c.least_from, c.countries.empty() ? "from European countries" : "from " + c.countries);
  if (c.floors_of == "none" || c.floors == 0) return;
  out.push_back(cat("Titles of every ", c.floors_of, " are shown, over all members, at least ",
                    percent(c.floors), " as much as they are watched: where they fall behind, ",
                    "they come earlier in lists."));
}

// What training used of members beside what they watched.
void add_groups(const configs::Config& config, std::vector<std::string>& out) {
  const configs::GroupsConfig& groups = config.train.groups;
  const bool balanced = groups.balance > 0, hidden = config.model.loss.hide_groups > 0;
  if (groups.attribute.empty()) return;
  out.push_back(cat(
      "When the model was made, the column ", in_quotes(groups.attribute), " of members was used ",
      balanced ? "so that small groups count more" : "", balanced && hidden ? ", and " : "",
      hidden ? "so that the model can infer it less well from what somebody watched" : "", "."));
}

void add_lists(const ServiceOptions& options, std::vector<std::string>& out) {
  if (options.diversity.strength > 0) out.push_back(variety(options.diversity));
  add_rules(options.diversity, out);
  if (options.answer.dislike_strength > 0) {
    out.push_back(cat("Titles that are like one of the last ", options.answer.dislike_titles,
                      " that you disliked come later."));
  }
  if (options.page.repeat_pages > 0) {
    out.push_back(cat("Titles that were among the first on at least ", options.page.repeat_most,
                      " of your last ", options.page.repeat_pages,
                      " pages, and that you did not watch, come later."));
  }
  if (options.page.try_share > 0) {
    out.push_back(cat("At least ", percent(options.page.try_share),
                      " of the top row are titles that few have watched yet, to find out who likes "
                      "them."));
  }
}

void add_policy(const ServedPolicy& policy, std::vector<std::string>& out) {
  const std::string& algorithm = policy.config().rows.algorithm;
  if (algorithm == "fixed") return;
  if (algorithm == "random") {
    out.push_back("The rows of your page come in a random order.");
    return;
  }
  out.push_back(
      "Which rows your page has, and in which order, is learned from which kinds of rows members "
      "with about as much history watch from.");
}

}  // namespace

MainParameters main_parameters(const ServedModel& model, const ServiceOptions& options,
                               const ServedPolicy* policy) {
  MainParameters text;
  add_model(model, text.parameters);
  add_contexts(model.bundle, text.parameters);
  add_lists(options, text.parameters);
  if (policy != nullptr) add_policy(*policy, text.parameters);
  text.parameters.emplace_back(
      "What is not available where you are, or above the maturity rating that is set, is left out; "
      "so is what you have seen.");
  text.unused = {
      cat("Who you are: your name, age, gender, address or any other attribute is not used",
          model.bundle.contexts() == nullptr ? "." : ", but for what is named above.")};
  if (const auto config = config_of(model)) add_groups(*config, text.unused);
  if (model.bundle.facts().model != kPopularity) {
    text.choices.emplace_back(
        "Without my history: titles for nobody in particular; your history is not read.");
  }
  text.choices.emplace_back("Variety: how varied lists are.");
  text.choices.emplace_back("Hide or dislike a title, and it is not shown any more.");
  text.choices.emplace_back("Have all that is stored about you shown, or forgotten.");
  return text;
}

}  // namespace marquee::serving
