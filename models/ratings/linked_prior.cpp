#include "models/ratings/linked_prior.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <numeric>

namespace marquee::models {

namespace {

// The prior of the mean is centred on 0 with the weight of two rows (Salakhutdinov & Mnih 2008).
constexpr double kMeanStrength = 2;
constexpr double kFirstPrecision = 5;

SparseRows rows_of_features(const RowFeatures& features, const std::vector<bool>& informed) {
  SparseRows result;
  result.offsets.assign(features.groups.size() + 1, 0);
  const auto for_each = [&](const auto& body) {
    for (int64_t row = 0; row < features.of_row.rows(); ++row) {
      if (!informed[static_cast<size_t>(row)]) continue;
      for (const uint32_t feature : features.of_row[row]) body(feature, row);
    }
  };
  for_each([&](uint32_t feature, int64_t) { ++result.offsets[feature + 1]; });
  std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
  std::vector<int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  result.values.resize(static_cast<size_t>(result.offsets.back()));
  for_each([&](uint32_t feature, int64_t row) {
    result.values[static_cast<size_t>(next[feature]++)] = static_cast<uint32_t>(row);
  });
  return result;
}

std::vector<double> copied(const at::Tensor& tensor) {
  const double* first = tensor.const_data_ptr<double>();
  return {first, first + tensor.numel()};
}

double* data(at::Tensor& tensor) { return tensor.mutable_data_ptr<double>(); }

void add(double* to, double factor, const double* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

void add_outer(std::vector<double>& matrix, double factor, const double* x, int64_t dim) {
  for (int64_t i = 0; i < dim; ++i) add(matrix.data() + i * dim, factor * x[i], x, dim);
}

}  // namespace

PriorState initial_prior(int64_t dim, int64_t features, int groups) {
  return {at::zeros({dim}, at::kDouble), at::eye(dim, at::kDouble) * kFirstPrecision,
          at::zeros({features, dim}, at::kDouble), at::ones({groups}, at::kDouble)};
}

LinkedPrior::LinkedPrior(PriorState state, RowFeatures features, const std::vector<bool>& informed)
    : state_(std::move(state)), dim_(state_.mean.size(0)), features_(std::move(features)) {
  for (size_t row = 0; row < informed.size(); ++row) {
    if (informed[row]) informed_.push_back(static_cast<int64_t>(row));
  }
  rows_of_ = rows_of_features(features_, informed);
}

std::vector<double> LinkedPrior::means() const {
  const double* mean = state_.mean.const_data_ptr<double>();
  const double* links = state_.links.const_data_ptr<double>();
  const int64_t rows = features_.of_row.rows();
  std::vector<double> means(static_cast<size_t>(rows * dim_), 0.0);
  for (int64_t row = 0; row < rows; ++row) {
    double* const to = means.data() + row * dim_;
    add(to, 1, mean, dim_);
    const double weight = features_.weights[static_cast<size_t>(row)];
    for (const uint32_t feature : features_.of_row[row]) {
      add(to, weight, links + feature * dim_, dim_);
    }
  }
  return means;
}

void LinkedPrior::draw(const std::vector<double>& vectors, RandomStream& random) {
  std::vector<double> left = means();  // what the prior does not explain
  for (size_t i = 0; i < left.size(); ++i) left[i] = vectors[i] - left[i];
  const Cholesky precision(copied(state_.precision), dim_);
  draw_mean(left, precision, random);
  draw_links(left, precision, random);
  draw_strengths(random);
  draw_precision(left, random);
}

void LinkedPrior::draw_mean(std::vector<double>& left, const Cholesky& precision,
                            RandomStream& random) {
  double* const mean = data(state_.mean);
  const std::vector<double> before(mean, mean + dim_);
  const double strength = static_cast<double>(informed_.size()) + kMeanStrength;
  std::fill_n(mean, dim_, 0.0);
  for (const int64_t row : informed_) {
    add(mean, 1 / strength, left.data() + row * dim_, dim_);
    add(mean, 1 / strength, before.data(), dim_);
  }
  add_normal(precision, strength, random, mean);
  for (const int64_t row : informed_) {
    add(left.data() + row * dim_, 1, before.data(), dim_);
    add(left.data() + row * dim_, -1, mean, dim_);
  }
}

// One feature after another, each given all others.
void LinkedPrior::draw_links(std::vector<double>& left, const Cholesky& precision,
                             RandomStream& random) {
  const double* const strengths = data(state_.strengths);
  for (int64_t feature = 0; feature < rows_of_.rows(); ++feature) {
    const auto rows = rows_of_[feature];
    if (rows.empty()) continue;
    double* const link = data(state_.links) + feature * dim_;
    const std::vector<double> before(link, link + dim_);
    double strength = strengths[features_.groups[static_cast<size_t>(feature)]];
    for (const uint32_t row : rows) {
      strength += features_.weights[row] * features_.weights[row];
    }
    std::fill_n(link, dim_, 0.0);
    for (const uint32_t row : rows) {
      const double weight = features_.weights[row];
      add(link, weight / strength, left.data() + row * dim_, dim_);
      add(link, weight * weight / strength, before.data(), dim_);
    }
    add_normal(precision, strength, random, link);
    for (const uint32_t row : rows) {
      const double weight = features_.weights[row];
      add(left.data() + row * dim_, weight, before.data(), dim_);
      add(left.data() + row * dim_, -weight, link, dim_);
    }
  }
}

void LinkedPrior::draw_strengths(RandomStream& random) {
  const double* const links = data(state_.links);
  const double* const precision = data(state_.precision);
  std::vector<double> shapes(static_cast<size_t>(features_.group_count), 0.5);
  std::vector<double> rates(static_cast<size_t>(features_.group_count), 0.5);
  for (int64_t feature = 0; feature < rows_of_.rows(); ++feature) {
    if (rows_of_[feature].empty()) continue;
    const auto group = static_cast<size_t>(features_.groups[static_cast<size_t>(feature)]);
    const double* const link = links + feature * dim_;
    shapes[group] += static_cast<double>(dim_) / 2;
    for (int64_t i = 0; i < dim_; ++i) {
      for (int64_t j = 0; j < dim_; ++j) {
        rates[group] += link[i] * precision[i * dim_ + j] * link[j] / 2;
      }
    }
  }
  for (size_t group = 0; group < shapes.size(); ++group) {
    data(state_.strengths)[group] = draw_gamma(shapes[group], rates[group], random);
  }
}

void LinkedPrior::draw_precision(const std::vector<double>& left, RandomStream& random) {
  std::vector<double> inverse_scale = copied(at::eye(dim_, at::kDouble));
  double degrees = static_cast<double>(dim_) + 1 + static_cast<double>(informed_.size());
  for (const int64_t row : informed_) {
    add_outer(inverse_scale, 1, left.data() + row * dim_, dim_);
  }
  add_outer(inverse_scale, kMeanStrength, data(state_.mean), dim_);
  for (int64_t feature = 0; feature < rows_of_.rows(); ++feature) {
    if (rows_of_[feature].empty()) continue;
    const int group = features_.groups[static_cast<size_t>(feature)];
    add_outer(inverse_scale, data(state_.strengths)[group], data(state_.links) + feature * dim_,
              dim_);
    ++degrees;
  }
  const std::vector<double> drawn = draw_wishart(inverse_scale, dim_, degrees, random);
  std::copy(drawn.begin(), drawn.end(), data(state_.precision));
}

}  // namespace marquee::models
