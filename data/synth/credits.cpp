#include "data/synth/credits.h"

#include <algorithm>
#include <cmath>

namespace marquee::data::synth {

namespace {

// Of several random directions the one least similar to any of `others`: genres that happened to
// point the same way would get most of the watches.
Taste apart_from(const std::vector<Genre>& others, RandomStream& random) {
  constexpr int kAttempts = 200;
  Taste best{};
  float best_similarity = 2;
  for (int i = 0; i < kAttempts; ++i) {
    const Taste taste = any_direction(random);
    float similarity = -1;
    for (const Genre& other : others) similarity = std::max(similarity, dot(taste, other.taste));
    if (similarity < best_similarity) {
      best = taste;
      best_similarity = similarity;
    }
  }
  return best;
}

}  // namespace

std::vector<Genre> make_genres(uint64_t seed) {
  std::vector<Genre> genres{
      {"Action", 0.09, 2, 112, {}},
      {"Adventure", 0.06, 1, 108, {}},
      {"Animation", 0.05, 0, 92, {}},
      {"Comedy", 0.15, 2, 98, {}},
      {"Crime", 0.07, 3, 108, {}},
      {"Documentary", 0.07, 1, 86, {}},
      {"Drama", 0.16, 2, 112, {}},
      {"Family", 0.04, 0, 95, {}},
      {"Fantasy", 0.04, 1, 114, {}},
      {"History", 0.03, 2, 124, {}},
      {"Horror", 0.06, 3, 94, {}},
      {"Music", 0.02, 1, 100, {}},
      {"Mystery", 0.03, 2, 104, {}},
      {"Romance", 0.05, 2, 103, {}},
      {"Science Fiction", 0.05, 2, 113, {}},
      {"Thriller", 0.08, 3, 106, {}},
      {"War", 0.02, 3, 121, {}},
      {"Western", 0.02, 2, 109, {}},
  };
  RandomStream random(seed, "genres");
  for (auto genre = genres.begin(); genre != genres.end(); ++genre) {
    genre->taste = apart_from({genres.begin(), genre}, random);
  }
  return genres;
}

CreditPool::CreditPool(int64_t count, const std::vector<Genre>& genres, RandomStream random,
                       Names& names, Namer namer) {
  std::vector<double> shares;
  for (const Genre& genre : genres) shares.push_back(genre.share);
  std::vector<std::vector<int32_t>> of_genre(genres.size());
  std::vector<std::vector<double>> fame(genres.size());
  for (int32_t i = 0; i < count; ++i) {
    const auto genre = static_cast<size_t>(draw_index(shares, random));
    const Taste taste = mix(any_direction(random), genres[genre].taste, kCreditFocus);
    credits_.push_back({(names.*namer)(random), static_cast<int>(genre), taste});
    of_genre[genre].push_back(i);
    fame[genre].push_back(std::pow(static_cast<double>(of_genre[genre].size()), -kFameExponent));
  }
  std::vector<int32_t> everyone;
  std::vector<double> everyones_fame;
  for (size_t genre = 0; genre < genres.size(); ++genre) {
    by_genre_.emplace_back(of_genre[genre], fame[genre]);
    everyone.insert(everyone.end(), of_genre[genre].begin(), of_genre[genre].end());
    everyones_fame.insert(everyones_fame.end(), fame[genre].begin(), fame[genre].end());
  }
  all_ = AliasTable(everyone, everyones_fame);
}

int CreditPool::draw(int genre, RandomStream& random) const {
  const AliasTable& focussed = by_genre_[static_cast<size_t>(genre)];
  const bool in_genre = random.uniform() < kCastInGenre;
  return (in_genre && !focussed.empty() ? focussed : all_).draw(random);
}

}  // namespace marquee::data::synth
