#include "models/ratings/rating_factors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/nn/module.h>

#include <cmath>

#include "core/text.h"
#include "models/ratings/draw_rows.h"
#include "models/ratings/linked_prior.h"

namespace marquee::models {

namespace {

// Biases and constants are in the vectors of titles times this, and in those of users divided by
// it: the cosine of two titles then depends mostly on their factors.
constexpr double kSmall = 1.0 / 64;
constexpr double kFirstScale = 0.1;

std::vector<double> values_of(const at::Tensor& tensor) {
  const double* first = tensor.const_data_ptr<double>();
  return {first, first + tensor.numel()};
}

at::Tensor rows_tensor(const std::vector<double>& values, int64_t dim) {
  return at::from_blob(const_cast<double*>(values.data()), {std::ssize(values) / dim, dim},
                       at::kDouble);
}

// Each id of the table is a feature, shrunk with those of its field.
RowFeatures feature_values(const FeatureLayout& layout, const at::Tensor& table) {
  RowFeatures features;
  features.weights.assign(static_cast<size_t>(table.size(0)), 1.0);
  features.groups.assign(static_cast<size_t>(layout.ids) + 1, 0);
  features.group_count = static_cast<int>(layout.fields.size());
  for (size_t f = 0; f < layout.fields.size(); ++f) {
    const auto& field = layout.fields[f];
    for (int64_t id = field.first_id; id < field.first_id + field.ids; ++id) {
      features.groups[static_cast<size_t>(id)] = static_cast<int>(f);
    }
  }
  features.of_row.offsets.push_back(0);
  const int64_t* cells = table.const_data_ptr<int64_t>();
  for (int64_t row = 0; row < table.size(0); ++row, cells += table.size(1)) {
    for (int64_t column = 0; column < table.size(1); ++column) {
      if (cells[column] > 0) features.of_row.values.push_back(static_cast<uint32_t>(cells[column]));
    }
    features.of_row.offsets.push_back(std::ssize(features.of_row.values));
  }
  return features;
}

// Each title that a user rated is a feature of theirs.
RowFeatures rated_features(const Rated& rated) {
  RowFeatures features;
  features.of_row = rated.of_user.others;
  for (int64_t row = 0; row < features.of_row.rows(); ++row) {
    const auto count = static_cast<double>(features.of_row[row].size());
    features.weights.push_back(count > 0 ? 1 / std::sqrt(count) : 0);
  }
  features.groups.assign(static_cast<size_t>(rated.of_title.others.rows()), 0);
  features.group_count = 1;
  return features;
}

RowFeatures no_features(int64_t rows) {
  RowFeatures features;
  features.of_row.offsets.assign(static_cast<size_t>(rows) + 1, 0);
  features.weights.assign(static_cast<size_t>(rows), 0.0);
  return features;
}

std::vector<bool> rows_with_ratings(const RatedRows& ratings) {
  std::vector<bool> informed;
  for (int64_t row = 0; row < ratings.others.rows(); ++row) {
    informed.push_back(!ratings.others[row].empty());
  }
  return informed;
}

}  // namespace

// dim is factors + 1 throughout: the bias is last.
struct RatingFactors::Net : torch::nn::Module {
  Net(int64_t titles, int64_t width, int64_t samples) : dim(width) {
    // The chain.
    title_draw = register_buffer("titles", at::randn({titles + 1, dim}, at::kDouble) * kFirstScale);
    noise = register_buffer("noise", at::ones({1}, at::kDouble));
    // What is served: one block of columns, or one row, a sample.
    vectors = register_parameter("vectors", at::zeros({titles + 1, samples * dim + 1}),
                                 /*requires_grad=*/false);
    vectors.slice(0, 1).slice(1, samples * dim).fill_(kSmall);
    weights = register_buffer("weights", at::zeros({samples}));
    noises = register_buffer("noises", at::ones({samples}));
    precisions = register_buffer("precisions", at::eye(dim).repeat({samples, 1, 1}));
    means = register_buffer("means", at::zeros({samples, dim}));
    ratings = register_buffer("ratings", at::zeros({3}));  // mean, lowest, highest
    scale = register_buffer("scale", at::ones({2}));
    unit = register_buffer("unit", at::ones({1}));
  }
  PriorState add_prior(const std::string& name, PriorState state) {
    register_buffer(name + "_mean", state.mean);
    register_buffer(name + "_precision", state.precision);
    register_buffer(name + "_links", state.links);
    register_buffer(name + "_strengths", state.strengths);
    return state;
  }
  int64_t dim;
  at::Tensor title_draw;  // [titles + 1, dim] double
  at::Tensor noise;       // [1] double: precision of a rating
  PriorState user_prior, title_prior;
  at::Tensor vectors;        // [titles + 1, samples * dim + 1]
  at::Tensor weights;        // [samples] sums to 1 once there is one
  at::Tensor noises;         // [samples]
  at::Tensor precisions;     // [samples, dim, dim] of users
  at::Tensor means;          // [samples, dim] of users
  at::Tensor implied;        // [titles + 1, samples * dim] what having rated a title adds to them
  at::Tensor feature_means;  // [samples * dim] of titles
  at::Tensor feature_links;  // [feature ids + 1, samples * dim] what an id adds to them
  at::Tensor ratings;
  at::Tensor scale;  // [2]: the lowest and the highest rating, in units
  at::Tensor unit;   // [1]: Rated::unit
};

struct RatingFactors::Chain {
  Chain(const data::Dataset& dataset, Net& net, bool implicit, const RowFeatures& features)
      : rated(dataset),
        users(net.user_prior,
              implicit ? rated_features(rated) : no_features(rated.of_user.others.rows()),
              rows_with_ratings(rated.of_user)),
        titles(net.title_prior, features, rows_with_ratings(rated.of_title)) {}
  Rated rated;
  LinkedPrior users, titles;
};

RatingFactors::RatingFactors(const configs::Config& config, const FeatureLayout& layout,
                             const at::Tensor& features, const data::RatingScale& scale)
    : config_(config), implicit_(configs::kind_of(config.model) == configs::ModelKind::kSvdpp) {
  const int64_t titles = features.size(0) - 1, dim = config.model.dim + 1;
  const int64_t samples = config.model.ratings.samples;
  net_ = std::make_shared<Net>(titles, dim, samples);
  net_->unit.fill_(Rated::unit(scale));
  net_->scale.copy_(at::tensor({scale.low, scale.high}) / net_->unit);
  net_->user_prior = net_->add_prior(
      "user_prior", implicit_ ? initial_prior(dim, titles + 1, 1) : initial_prior(dim, 0, 0));
  if (implicit_)
    net_->implied = net_->register_buffer("implied", at::zeros({titles + 1, samples * dim}));
  if (config.model.ratings.features) {
    const auto groups = static_cast<int>(layout.fields.size());
    net_->title_prior = net_->add_prior("title_prior", initial_prior(dim, layout.ids + 1, groups));
    net_->feature_means = net_->register_buffer("content_means", at::zeros({samples * dim}));
    net_->feature_links =
        net_->register_buffer("content_links", at::zeros({layout.ids + 1, samples * dim}));
    features_ = feature_values(layout, features);
  } else {
    net_->title_prior = net_->add_prior("title_prior", initial_prior(dim, 0, 0));
    features_ = no_features(titles + 1);
  }
}

RatingFactors::~RatingFactors() = default;

torch::nn::Module& RatingFactors::module() { return *net_; }
int64_t RatingFactors::rounds() const { return config_.train.epochs; }
at::Tensor RatingFactors::title_vectors() { return net_->vectors; }

double RatingFactors::fit_round(const data::Dataset& dataset, int64_t round) {
  if (!chain_) chain_ = std::make_unique<Chain>(dataset, *net_, implicit_, features_);
  auto& [rated, users, titles] = *chain_;
  const auto seed = static_cast<uint64_t>(config_.train.seed);
  const auto stream = [&](const char* name) {
    return RandomStream(seed, name, static_cast<uint64_t>(round));
  };
  const double noise = net_->noise.item<double>();
  const std::vector<double> old_titles = values_of(net_->title_draw);
  const std::vector<double> user_draw =
      draw_rows({rated.of_user, old_titles, users.means(), values_of(net_->user_prior.precision),
                 noise, rated.mean},
                seed, "members", round);
  RandomStream user_random = stream("member prior");
  users.draw(user_draw, user_random);
  const std::vector<double> title_draw =
      draw_rows({rated.of_title, user_draw, titles.means(), values_of(net_->title_prior.precision),
                 noise, rated.mean},
                seed, "titles", round);
  RandomStream title_random = stream("title prior");
  titles.draw(title_draw, title_random);

  const double errors = squared_errors(rated.of_user, user_draw, title_draw, rated.mean);
  const auto count = static_cast<double>(rated.of_user.values.size());
  RandomStream noise_random = stream("noise");
  net_->noise.fill_(draw_gamma((count + 1) / 2, (errors + 1) / 2, noise_random));
  net_->title_draw.copy_(rows_tensor(title_draw, net_->dim));
  net_->ratings[0] = rated.mean;
  net_->ratings[1] = rated.lowest;
  net_->ratings[2] = rated.highest;
  keep_draw(round);
  return errors / count;
}

void RatingFactors::keep_draw(int64_t round) {
  const int64_t samples = config_.model.ratings.samples, sample = round % samples;
  const int64_t begin = sample * net_->dim, end = begin + net_->dim;
  net_->vectors.slice(1, begin, end).copy_(net_->title_draw);
  net_->vectors.slice(1, end - 1, end).mul_(kSmall);
  net_->vectors[0].zero_();
  net_->noises[sample] = net_->noise[0];
  net_->precisions[sample].copy_(net_->user_prior.precision);
  net_->means[sample].copy_(net_->user_prior.mean);
  if (net_->implied.defined()) {
    net_->implied.slice(1, begin, end).copy_(net_->user_prior.links);
    net_->implied[0].zero_();
  }
  if (net_->feature_links.defined()) {
    net_->feature_means.slice(0, begin, end).copy_(net_->title_prior.mean);
    net_->feature_links.slice(1, begin, end).copy_(net_->title_prior.links);
    net_->feature_links.slice(1, end - 1, end).mul_(kSmall);
    net_->feature_means.slice(0, end - 1, end).mul_(kSmall);
  }
  const int64_t kept = std::min(samples, round + 1);
  net_->weights.zero_();
  net_->weights.slice(0, 0, kept).fill_(1.0 / static_cast<double>(kept));
}

// → [batch, dim]: the mean of the user's factors and bias under one sample.
at::Tensor RatingFactors::solve_user(const Histories& histories, const at::Tensor& title_vectors,
                                     int64_t sample) {
  const int64_t begin = sample * net_->dim, factors = net_->dim - 1;
  const at::Tensor rated = histories.titles.gt(0).to(at::kFloat);
  const at::Tensor low = net_->scale.slice(0, 0, 1);
  // What was disliked has the lowest rating.
  const at::Tensor given =
      histories.signals.clamp_min(0) * (net_->scale.slice(0, 1, 2) - low) + low;
  const at::Tensor ratings =
      at::minimum(at::maximum(given, net_->ratings.slice(0, 1, 2)), net_->ratings.slice(0, 2, 3)) -
      net_->ratings.slice(0, 0, 1);
  const at::Tensor rows =
      at::embedding(title_vectors.slice(1, begin, begin + net_->dim), histories.titles);
  const at::Tensor x = at::cat({rows.slice(2, 0, factors), rated.unsqueeze(2)}, 2);
  const at::Tensor y = (ratings * rated).unsqueeze(2) - rows.slice(2, factors) / kSmall;
  at::Tensor mean = net_->means[sample].unsqueeze(0);
  if (implicit_) {
    const at::Tensor links =
        at::embedding(net_->implied.slice(1, begin, begin + net_->dim), histories.titles).sum(1);
    mean = mean + links * rated.sum(1, /*keepdim=*/true).clamp_min(1).rsqrt();
  }
  const at::Tensor precision = net_->precisions[sample], noise = net_->noises[sample];
  const at::Tensor weighted = x.transpose(1, 2) * noise;
  const at::Tensor right = at::matmul(weighted, y) + at::matmul(mean, precision).unsqueeze(2);
  const at::Tensor left = at::matmul(weighted, x) + precision;
  return at::cholesky_solve(right, at::linalg_cholesky(left)).squeeze(2);
}

at::Tensor RatingFactors::encode_user(const Histories& histories, const at::Tensor& title_vectors) {
  std::vector<at::Tensor> parts;
  at::Tensor bias;
  for (int64_t sample = 0; sample < config_.model.ratings.samples; ++sample) {
    const at::Tensor user = solve_user(histories, title_vectors, sample);
    const at::Tensor weight = net_->weights[sample];
    const at::Tensor own = user.slice(1, net_->dim - 1) * weight;  // [batch, 1]
    parts.push_back(user.slice(1, 0, net_->dim - 1) * weight);
    parts.push_back(at::zeros_like(own) + weight / kSmall);
    bias = bias.defined() ? bias + own : own;
  }
  parts.push_back((bias + net_->ratings.slice(0, 0, 1)) / kSmall);
  return at::cat(parts, 1) * net_->unit;  // so that scores are ratings
}

at::Tensor RatingFactors::encode_titles(const at::Tensor& features) {
  if (!net_->feature_links.defined()) return {};
  const at::Tensor vectors =
      at::embedding(net_->feature_links, features).sum(1) + net_->feature_means;
  return at::cat({vectors, at::zeros_like(vectors.slice(1, 0, 1)) + kSmall}, 1);
}

at::Tensor RatingFactors::predict_rating(const Histories& histories, const at::Tensor& titles) {
  const at::Tensor users = encode_user(histories, net_->vectors);
  const at::Tensor ratings =
      at::matmul(at::embedding(net_->vectors, titles), users.unsqueeze(2)).squeeze(2);
  const at::Tensor lowest = net_->ratings.slice(0, 1, 2) * net_->unit;
  const at::Tensor highest = net_->ratings.slice(0, 2, 3) * net_->unit;
  return at::minimum(at::maximum(ratings, lowest), highest);
}

std::string RatingFactors::description() const {
  return cat("Bayesian matrix factorisation of ratings: the mean of ",
             config_.model.ratings.samples, " draws from the posterior of member and title factors",
             config_.model.ratings.features ? ", titles' expected from their features" : "",
             implicit_ ? ", members' from which titles they rated (SVD++)" : "",
             ". A member's factors are solved for from the ratings in the history.");
}

}  // namespace marquee::models
