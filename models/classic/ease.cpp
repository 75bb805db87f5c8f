#include "models/classic/ease.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cholesky_inverse.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "models/classic/interaction_matrix.h"
#include "models/classic/newcomers.h"
#include "models/layers/counted_titles.h"

namespace marquee::models {

namespace {

// LAPACK counts the elements of a matrix in 32 bits.
constexpr int64_t kMostTitles = 46'000;

// The weights, G in double precision, which becomes its inverse, and what LAPACK works with.
int64_t memory_needed(int64_t titles) { return titles * titles * 16; }

void check_size(int64_t titles) {
  const int64_t needed = memory_needed(titles);
  const int64_t free = available_memory();
  if (titles <= kMostTitles && (free == 0 || needed <= free)) return;
  const auto gigabytes = [](int64_t bytes) { return cat(bytes / 1'000'000'000, " GB"); };
  throw Error(
      cat("model.name: ease needs ", gigabytes(needed), " of memory for ", grouped(titles),
          " titles (here ", gigabytes(free), " are free",
          titles > kMostTitles ? cat("; it takes ", grouped(kMostTitles), " titles at most") : "",
          "); ials, item_knn and two_tower grow with the number of titles, not its square"));
}

}  // namespace

struct Ease::Net : torch::nn::Module {
  explicit Net(int64_t titles) {
    weights = register_parameter("weights", at::zeros({titles + 1, titles + 1}),
                                 /*requires_grad=*/false);
    shares = register_buffer("shares", at::zeros({titles + 1}));
    penalty = register_buffer("penalty", at::zeros({1}));
  }
  at::Tensor penalty;  // [1]: of the weights
  at::Tensor shares;   // [titles + 1] watched_shares()
  at::Tensor weights;  // [titles + 1, titles + 1]: row i has the weights from title i to the others
};

Ease::Ease(int64_t titles, const configs::ModelConfig& config)
    : config_(config.ease), prior_(config.prior), dislikes_(config.dislikes) {
  check_size(titles);
  net_ = std::make_shared<Net>(titles);
}

torch::nn::Module& Ease::module() { return *net_; }

double Ease::fit_round(const data::Dataset& dataset, int64_t /*round*/) {
  const InteractionMatrix interactions(dataset);
  const int64_t titles = dataset.catalogue().size();
  at::Tensor gram = at::zeros({titles, titles}, at::kDouble);
  auto* values = gram.mutable_data_ptr<double>();
  for_each_cooccurrence(interactions, [&](int64_t title, std::span<const float> counts) {
    if (title > 0) std::copy(counts.begin() + 1, counts.end(), values + (title - 1) * titles);
  });
  const double penalty = regularisation(interactions);
  net_->penalty.fill_(penalty);
  gram.diagonal().add_(penalty);
  // In place: a copy would cost as much memory as the matrix. LAPACK's columns are rows here, which
  // is the same for a symmetric matrix.
  at::Tensor inverse = gram.t();
  at::linalg_cholesky_out(inverse, inverse);
  at::cholesky_inverse_out(inverse, inverse);
  inverse.div_(inverse.diagonal().clone().neg_());
  inverse.fill_diagonal_(0);
  net_->weights.slice(0, 1).slice(1, 1).copy_(inverse);
  net_->shares.copy_(watched_shares(interactions));
  return std::numeric_limits<double>::quiet_NaN();
}

double Ease::regularisation(const InteractionMatrix& interactions) const {
  if (config_.regularisation > 0) return config_.regularisation;
  const SparseRows& rows = interactions.users_of_title;
  const auto titles = static_cast<double>(rows.occurring());
  return 10 * std::sqrt(static_cast<double>(rows.values.size()) / std::max(1.0, titles));
}

at::Tensor Ease::score_all(const Histories& histories) {
  const auto counted = counted_titles(histories, dislikes_);
  // Where each row begins, in a way that a trace does not tie to one batch size and length.
  const at::Tensor starts =
      (at::ones_like(counted.titles).flatten().cumsum(0) - 1).view_as(counted.titles).select(1, 0);
  // Row 0, of padding, is zero.
  return std::get<0>(at::embedding_bag(net_->weights, counted.titles.flatten(), starts,
                                       /*scale_grad_by_freq=*/false, /*mode=*/0, /*sparse=*/false,
                                       counted.weights.flatten())) +
         newcomer_weight(counted.liked(), prior_) * net_->shares;
}

at::Tensor Ease::contributions(const Histories& histories, const at::Tensor& titles,
                               const at::Tensor& /*title_vectors*/) {
  const auto& [events, weights] = counted_titles(histories, dislikes_);
  return net_->weights.index({events.unsqueeze(1), titles.unsqueeze(2)}) * weights.unsqueeze(1);
}

std::string Ease::description() const {
  return cat(
      "A linear autoencoder (EASE): every title of the history adds to the score of every other, "
      "by weights found in closed form with L2 penalty ",
      general(net_->penalty.item<double>(), 3), ".");
}

}  // namespace marquee::models
