// Genres, and who made a title: actors, directors and studios, each with a taste of their own
// around the genre they mostly work in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/synth/alias_table.h"
#include "data/synth/names.h"
#include "data/synth/taste.h"

namespace marquee::data::synth {

struct Genre {
  std::string_view name;
  double share;       // of all titles
  int maturity;       // index into kMaturities of a typical title
  int usual_minutes;  // running time
  Taste taste;
};

std::vector<Genre> make_genres(uint64_t seed);

struct Credit {
  std::string name;
  int genre;
  Taste taste;
};

// All actors, all directors or all studios; a few of each genre are famous.
class CreditPool {
 public:
  using Namer = std::string (Names::*)(RandomStream&);

  CreditPool() = default;  // nobody
  CreditPool(int64_t count, const std::vector<Genre>& genres, RandomStream random, Names& names,
             Namer namer);

  const Credit& operator[](int index) const { return credits_[static_cast<size_t>(index)]; }
  int size() const { return static_cast<int>(credits_.size()); }

  // By fame: mostly someone of `genre`, else anyone.
  int draw(int genre, RandomStream& random) const;

 private:
  std::vector<Credit> credits_;
  std::vector<AliasTable> by_genre_;
  AliasTable all_;
};

}  // namespace marquee::data::synth
