// Users: who they are, how much they watch, what they like and how they rate.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/synth/title_pool.h"

namespace marquee::data::synth {

struct SynthUser {
  size_t age_group = 0;
  size_t plan = 0;
  size_t region = 0;
  int64_t joined = 0;  // first and last time of watching
  int64_t left = 0;
  int64_t events = 0;
  double bias = 0;                             // stars
  double rates = 0;                            // chance that a watch is rated
  std::array<int, kFavouriteGenres> genres{};  // strongest first
  std::array<int, kFavouriteActors> actors{};
  Taste taste{};  // when joining; drifts from there
};

// `interactions` events shared out among `users`. Throws Error if they cannot hold that many.
std::vector<SynthUser> make_users(const TitlePool& pool, int64_t count, int64_t interactions,
                                  uint64_t seed);

// An interest as people have them: a few genres, a few actors, and something of one's own.
Taste any_interest(const TitlePool& pool, RandomStream& random);

}  // namespace marquee::data::synth
