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

Diversifier::Diversifier(const Bundle& bundle)
    : bundle_(bundle), genres_(bundle.titles().feature_names(data::Feature::kGenre).size()) {
  const TitleTable& titles = bundle.titles();
  by_genre_.resize(static_cast<size_t>(titles.size() + 1) * genres_);
  for (int64_t title = 1; title <= titles.size(); ++title) {
    const auto& genres = titles[title][data::Feature::kGenre];
    const float value = 1 / std::sqrt(static_cast<float>(std::max<size_t>(1, genres.size())));
    for (const uint32_t genre : genres) {
      by_genre_[static_cast<size_t>(title) * genres_ + genre] = value;
    }
  }
}

size_t Diversifier::width(bool by_vectors) const {
  return by_vectors ? static_cast<size_t>(bundle_.facts().dim) : genres_;
}

std::vector<float> Diversifier::vectors_of(std::span<const uint32_t> titles,
                                           bool by_vectors) const {
  const size_t width = this->width(by_vectors);
  std::vector<float> rows;
  rows.reserve(titles.size() * width);
  for (const uint32_t title : titles) {
    if (!by_vectors) {
      const auto row = std::span(by_genre_).subspan(title * width, width);
      rows.insert(rows.end(), row.begin(), row.end());
      continue;
    }
    const auto vector = bundle_.vector(title);
    const float length = std::sqrt(dot(vector, vector));
    for (const float value : vector) rows.push_back(length > 0 ? value / length : 0);
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
