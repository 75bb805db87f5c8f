// Bundles for tests, made without training: a user's vector is the mean of the vectors of what
// they liked, so that answers can be worked out by hand.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "inference/bundle.h"
#include "tests/core/temp_folder.h"

namespace marquee::tests {

struct TinyBundle {
  std::string titles_csv;      // with a header
  std::vector<float> vectors;  // [titles + 1, dim], row 0 all 0
  int dim = 0;
  std::string model = "tiny";
  int max_history = 50;
  float max_rating = 5;
  inference::Scoring scoring = inference::Scoring::kVectors;
  data::TitleSimilarity similarity = data::TitleSimilarity::kVectors;
  int breaks_at = -1;            // a history with this title gives a vector that is not finite
  bool predicts_ratings = true;  // 5 / (1 + exp(-score))
  bool contributes = false;      // says what each event adds to a score
  std::vector<std::string> golden_requests = {R"({"history":[]})"};
};

// `titles` titles with ids "t1".., names "Title 1".., some of 8 genres, 40 actors, 15 directors and
// 6 studios, maturity ratings, windows and regions, all drawn from the seed.
TinyBundle random_bundle(int titles, int dim, uint64_t seed = 1);

// Six titles that are easy to remember (vectors of 2): "a1", "a2", "a3" lie along x and are
// Comedy, "b1", "b2" along y and are Drama, "c" is between.
TinyBundle six_titles();

// Writes the bundle folder, golden answers included.
Manifest write_bundle(const TinyBundle& bundle, const std::filesystem::path& folder);

}  // namespace marquee::tests
