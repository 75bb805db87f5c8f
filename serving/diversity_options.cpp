#include "serving/diversity_options.h"

#include <cmath>

#include "configs/fairness_config.h"
#include "data/titles.h"

namespace marquee::serving {

inference::Diversity diversity_of(const configs::DiversityConfig& config,
                                  const configs::AnswerConfig& answer) {
  inference::ListRules rules;
  rules.window = config.window;
  rules.least_new = config.least_new;
  rules.new_years = config.new_years;
  rules.least_from = config.least_from;
  const std::string countries =
      config.countries.empty() ? configs::EuropeanLimit{}.countries : config.countries;
  rules.countries = std::make_shared<const std::set<std::string>>(data::country_set(countries));
  const auto most = [&](data::Feature feature, int count) {
    rules.most[static_cast<size_t>(feature)] = count;
  };
  most(data::Feature::kGenre, config.most_of_genre);
  most(data::Feature::kActor, config.most_of_actor);
  most(data::Feature::kDirector, config.most_of_director);
  most(data::Feature::kStudio, config.most_of_studio);
  most(data::Feature::kLanguage, config.most_of_language);
  return {.strength = static_cast<float>(config.strength),
          .method = *inference::diversity_method(config.method),
          .by_vectors = config.by == "vectors",
          .depth = config.depth,
          .recent = config.recent,
          .dislikes = static_cast<float>(answer.dislike_strength),
          .disliked = answer.dislike_titles,
          .rules = rules,
          .floors = {inference::exposure_groups(config.floors_of), config.floors}};
}

inference::SeenRules seen_rules(const configs::SeenConfig& config) {
  constexpr double kDay = 86'400;
  inference::SeenRules rules{.again_after = {}};
  const auto set = [&](data::Event event, const std::string& rule) {
    const double days = configs::days_until_again(rule).value();
    rules.again_after[static_cast<size_t>(event)] = static_cast<float>(days * kDay);
    rules.never &= std::isinf(days);
  };
  set(data::Event::kPlay, config.play);
  set(data::Event::kComplete, config.complete);
  set(data::Event::kRating, config.rating);
  set(data::Event::kLike, config.like);
  set(data::Event::kList, config.list);
  set(data::Event::kDislike, config.dislike);
  set(data::Event::kHide, config.hide);
  return rules;
}

}  // namespace marquee::serving
