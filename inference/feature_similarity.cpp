#include "inference/feature_similarity.h"

#include <algorithm>
#include <array>

namespace marquee::inference {

namespace {

constexpr std::array<float, data::kFeatures> kWeights = {1, 1, 2, 1, 0};  // by data::Feature

// Which names one title has, as a look-up for comparing it with all others.
class FeatureOverlap {
 public:
  FeatureOverlap(const TitleTable& titles, const Title& title) {
    for (size_t f = 0; f < kWeights.size(); ++f) {
      has_[f].resize(titles.feature_names(static_cast<data::Feature>(f)).size());
      for (const uint32_t value : title.features[f]) has_[f][value] = true;
      weight_ += kWeights[f] * static_cast<float>(title.features[f].size());
    }
  }

  float similarity(const Title& other) const {
    float shared = 0;
    float all = weight_;
    for (size_t f = 0; f < kWeights.size(); ++f) {
      for (const uint32_t value : other.features[f]) {
        (has_[f][value] ? shared : all) += kWeights[f];
      }
    }
    return all > 0 ? shared / all : 0;
  }

 private:
  std::array<std::vector<bool>, data::kFeatures> has_;
  float weight_ = 0;
};

}  // namespace

std::vector<ScoredTitle> similar_by_features(const TitleTable& titles, uint32_t title, int k) {
  const FeatureOverlap overlap(titles, titles[title]);
  std::vector<ScoredTitle> others;
  others.reserve(static_cast<size_t>(titles.size()));
  for (uint32_t other = 1; other <= titles.size(); ++other) {
    if (other == title || titles[other].withdrawn) continue;
    others.push_back({other, overlap.similarity(titles[other])});
  }
  const auto better = [&](const ScoredTitle& a, const ScoredTitle& b) {
    const int64_t popular_a = titles[a.title].popularity;
    const int64_t popular_b = titles[b.title].popularity;
    const bool tied = a.score == b.score && popular_a != popular_b;
    return tied ? popular_a > popular_b : ranks_before(a, b);
  };
  const auto wanted = std::min(others.size(), static_cast<size_t>(k));
  std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(wanted),
                    others.end(), better);
  others.resize(wanted);
  return others;
}

}  // namespace marquee::inference
