#include "inference/diversity/diversifier.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "inference/feature_similarity.h"

namespace marquee::inference {

namespace {

constexpr std::array<const char*, kDiversityMethods> kNames{"mmr", "msd", "dpp", "ssd"};
constexpr float kQuality = 2;  // exponent of the best candidate's quality; the last one's is 0

// From 0, the last candidate's, to 1, the best one's: scores of models have no unit.
std::vector<float> relevance_of(std::span<const ScoredTitle> candidates) {
  const float best = candidates.front().score, last = candidates.back().score;
  std::vector<float> relevance;
  for (const ScoredTitle& each : candidates) {
    relevance.push_back(best > last ? (each.score - last) / (best - last) : 1);
  }
  return relevance;
}

}  // namespace

const char* name(DiversityMethod method) { return kNames[static_cast<size_t>(method)]; }

std::optional<DiversityMethod> diversity_method(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<DiversityMethod>(found - kNames.begin());
}

size_t Diversifier::width(bool by_vectors) const {
  return by_vectors ? static_cast<size_t>(bundle_.facts().dim)
                    : bundle_.titles().feature_names(data::Feature::kGenre).size();
}

std::vector<float> Diversifier::vectors_of(std::span<const uint32_t> titles,
                                           bool by_vectors) const {
  const size_t width = this->width(by_vectors);
  std::vector<float> rows(titles.size() * width);
  for (size_t i = 0; i < titles.size(); ++i) {
    float* const row = rows.data() + i * width;
    if (by_vectors) {
      write_unit(bundle_.vector(titles[i]), row);
      continue;
    }
    const auto& genres = bundle_.titles()[titles[i]][data::Feature::kGenre];
    for (const uint32_t genre : genres) row[genre] = 1;
    write_unit({row, width}, row);
  }
  return rows;
}

int Diversifier::candidates(const Diversity& diversity, int k) {
  return diversity.strength > 0 ? k * diversity.depth : k;
}

std::vector<ScoredTitle> Diversifier::choose(std::span<const ScoredTitle> candidates, int k,
                                             const Diversity& diversity,
                                             std::span<const uint32_t> recent) const {
  const size_t most = std::min(candidates.size(), static_cast<size_t>(k));
  // Bundles of models that score titles have no vectors; their titles are compared by genre.
  const bool by_vectors = diversity.by_vectors && bundle_.facts().dim > 1;
  const size_t width = this->width(by_vectors);
  if (!(diversity.strength > 0) || width == 0 || most < 2) {
    return {candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(most)};
  }
  std::vector<uint32_t> titles;
  for (const ScoredTitle& each : candidates) titles.push_back(each.title);
  const std::vector<float> values = vectors_of(titles, by_vectors);
  const std::vector<float> seen = vectors_of(recent, by_vectors);
  const VectorTable vectors(values, width);
  std::vector<float> relevance = relevance_of(candidates);
  std::vector<uint32_t> order;
  switch (diversity.method) {
    case DiversityMethod::kMarginalRelevance:
      order = marginal_relevance(relevance, vectors, most, diversity.strength);
      break;
    case DiversityMethod::kSumOfDistances:
      order = sum_of_distances(relevance, vectors, most, diversity.strength);
      break;
    case DiversityMethod::kDeterminantal:
      for (float& each : relevance) each = std::exp(kQuality * each);
      order = determinantal(relevance, vectors, most, diversity.strength);
      break;
    case DiversityMethod::kSlidingSpectrum:
      order = sliding_spectrum(relevance, vectors, {{seen, width}, most}, most, diversity.strength);
      break;
  }
  std::vector<ScoredTitle> list;
  for (const uint32_t i : order) list.push_back(candidates[i]);
  return list;
}

}  // namespace marquee::inference
