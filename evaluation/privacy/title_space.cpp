#include "evaluation/privacy/title_space.h"

#include <cmath>

#include "inference/feature_similarity.h"

namespace marquee::evaluation {

namespace {

std::vector<float> genres_of(const data::Catalogue& catalogue, int64_t title, size_t genres) {
  std::vector<float> has(genres);
  for (const uint32_t genre : catalogue.features(data::Feature::kGenre, title)) has[genre - 1] = 1;
  return has;
}

}  // namespace

TitleSpace::TitleSpace(const inference::Bundle& bundle, const data::Catalogue& catalogue) {
  const bool vectors = bundle.facts().similarity == data::TitleSimilarity::kVectors;
  dim_ = static_cast<size_t>(vectors ? bundle.facts().dim
                                     : catalogue.vocabulary_size(data::Feature::kGenre));
  units_.resize(static_cast<size_t>(catalogue.size() + 1) * dim_);
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    float* const unit = units_.data() + static_cast<size_t>(title) * dim_;
    if (vectors) {
      inference::write_unit(bundle.vector(title), unit);
    } else {
      inference::write_unit(genres_of(catalogue, title, dim_), unit);
    }
  }
}

std::vector<double> TitleSpace::mean(std::span<const uint32_t> titles) const {
  std::vector<double> sum(dim_);
  for (const uint32_t title : titles) {
    for (size_t i = 0; i < dim_; ++i) sum[i] += units_[title * dim_ + i];
  }
  for (double& each : sum) each /= static_cast<double>(std::max<size_t>(1, titles.size()));
  return sum;
}

double cosine(std::span<const double> a, std::span<const double> b) {
  double product = 0, of_a = 0, of_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    of_a += a[i] * a[i];
    of_b += b[i] * b[i];
  }
  return of_a > 0 && of_b > 0 ? product / std::sqrt(of_a * of_b) : 0;
}

}  // namespace marquee::evaluation
