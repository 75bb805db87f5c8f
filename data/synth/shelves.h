// Where titles come from when a user looks for one: what is on in a genre this month, an actor's
// or a studio's titles, and what the service lines up after a title.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "data/synth/title_pool.h"

namespace marquee::data::synth {

class Shelves {
 public:
  Shelves(const TitlePool& pool, uint64_t seed);

  // What is on in a genre at a time, by popularity with its release bump; may be empty.
  const AliasTable& genre(int64_t time, int genre) const;

  // By settled popularity, whether on or not; at least one title, if the credit has any.
  const AliasTable& actor(int index) const { return actors_[static_cast<size_t>(index)]; }
  const AliasTable& studio(int index) const { return studios_[static_cast<size_t>(index)]; }

  // The same for every user, best place first; -1 where fewer were found.
  std::span<const int32_t> lined_up(int32_t title) const {
    return lined_up_[static_cast<size_t>(title)];
  }

 private:
  std::array<int32_t, kLineLength> line_up(const TitlePool& pool, int32_t title,
                                           RandomStream random) const;

  std::vector<std::vector<AliasTable>> genres_;  // [period][genre]
  std::vector<AliasTable> actors_;
  std::vector<AliasTable> studios_;
  std::vector<std::array<int32_t, kLineLength>> lined_up_;
};

}  // namespace marquee::data::synth
