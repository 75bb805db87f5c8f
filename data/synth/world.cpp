#include "data/synth/world.h"

namespace marquee::data::synth {

World make_world(const SynthOptions& options) {
  TitlePool pool = make_title_pool(options.titles, options.seed);
  std::vector<SynthUser> users =
      make_users(pool, options.users, options.interactions, options.seed);
  Shelves shelves(pool, options.seed);
  return {std::move(pool), std::move(shelves), std::move(users)};
}

SynthOptions options_of(const Artefact& synth) {
  const Json options = synth.manifest().fact<Json>("options");
  SynthOptions result;
  result.users = options.at("users");
  result.titles = options.at("titles");
  result.interactions = options.at("interactions");
  result.seed = options.at("seed");
  result.ordered = options.at("ordered");
  return result;
}

}  // namespace marquee::data::synth
