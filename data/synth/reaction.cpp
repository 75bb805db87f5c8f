#include "data/synth/reaction.h"

#include <algorithm>
#include <cmath>

namespace marquee::data::synth {

namespace {

constexpr double kPleased = 4.2;  // stars from which a like, and below which a dislike, may come
constexpr double kDispleased = 2.4;
constexpr double kComplete = 0.95;  // fraction watched that counts as all of it

double half_stars(double stars) { return std::clamp(std::round(2 * stars) / 2, 0.5, 5.0); }

// Rises with the stars; most who like a title see all of it.
double fraction_watched(double stars, RandomStream& random) {
  const double drawn_in = 1.6 * (stars - 2.2) + random.normal();
  return std::clamp(0.03 + 1 / (1 + std::exp(-drawn_in)), 0.03, 1.0);
}

}  // namespace

Reaction react(const SynthUser& user, const Taste& taste, const SynthTitle& title,
               RandomStream& random) {
  const double match = dot(taste, title.taste) - kUsualMatch;
  const double stars = kMeanStars + user.bias + kTitleBias * title.quality +
                       kStarsPerMatch * match + kStarsNoise * random.normal();
  Reaction reaction;
  reaction.satisfied = stars >= kSatisfied;
  reaction.fraction = fraction_watched(stars, random);
  const double voice = random.uniform();  // whether the user gives feedback, and how
  if (voice < user.rates) {
    reaction.event = Event::kRating;
    reaction.value = static_cast<float>(half_stars(stars));
  } else if (random.uniform() < kListed) {
    reaction = {Event::kList, kNoValue, 0, false};
  } else if (stars > kPleased && random.uniform() < kReacting) {
    reaction.event = Event::kLike;
  } else if (stars < kDispleased && random.uniform() < kReacting) {
    reaction.event = Event::kDislike;
  } else if (reaction.fraction >= kComplete) {
    reaction.event = Event::kComplete;
  } else {
    reaction.value = static_cast<float>(reaction.fraction);
  }
  return reaction;
}

}  // namespace marquee::data::synth
