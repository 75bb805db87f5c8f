#include "serving/diversity_options.h"

namespace marquee::serving {

inference::Diversity diversity_of(const configs::DiversityConfig& config) {
  inference::ListRules rules{
      .window = config.window, .least_new = config.least_new, .new_years = config.new_years};
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
          .rules = rules};
}

}  // namespace marquee::serving
