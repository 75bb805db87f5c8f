// Random lists and the orders that the ways to vary lists give them, as JSON lines, for a test that
// compares them with another implementation's (pyversity_test.py).
//   order_cases [CASES]     default: 40
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "core/json.h"
#include "core/random.h"
#include "inference/diversity/selection.h"

namespace {

using namespace marquee;
using namespace marquee::inference;

constexpr size_t kCandidates = 80, kWidth = 24, kPlaces = 12;

std::vector<float> z_scores(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value, squares += double{value} * value;
  const double n = static_cast<double>(values.size()), mean = sum / n;
  std::vector<float> result;
  for (const float value : values) {
    result.push_back(static_cast<float>((value - mean) / std::sqrt(squares / n - mean * mean)));
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const int cases = argc > 1 ? std::atoi(argv[1]) : 40;
  for (int i = 0; i < cases; ++i) {
    RandomStream random(1, "order cases", static_cast<uint64_t>(i));
    std::vector<float> relevance(kCandidates), vectors(kCandidates * kWidth), quality;
    for (float& each : relevance) each = static_cast<float>(random.uniform());
    for (size_t row = 0; row < kCandidates; ++row) {
      double square = 0;
      for (size_t j = 0; j < kWidth; ++j) {
        float& value = vectors[row * kWidth + j];
        value = static_cast<float>(random.normal());
        square += double{value} * value;
      }
      for (size_t j = 0; j < kWidth; ++j) {
        vectors[row * kWidth + j] =
            static_cast<float>(vectors[row * kWidth + j] / std::sqrt(square));
      }
    }
    const auto z = z_scores(relevance);
    for (const float each : z) quality.push_back(std::exp(0.5F * each));
    const VectorTable table(vectors, kWidth);
    std::cout << Json{{"relevance", relevance},
                      {"vectors", vectors},
                      {"mmr", marginal_relevance(relevance, table, kPlaces, 0.5F)},
                      {"msd", sum_of_distances(relevance, table, kPlaces, 0.5F)},
                      {"dpp", determinantal(quality, table, kPlaces)},
                      {"ssd", sliding_spectrum(z, table, kPlaces, kPlaces, 0.5F)}}
                     .dump()
              << "\n";
  }
}
