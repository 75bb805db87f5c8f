#include "models/classic/bpr.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "models/layers/dislike_loss.h"

namespace marquee::models {

namespace {
constexpr double kInitialDeviation = 0.05;

at::Tensor table(int64_t rows, int64_t dim) {
  at::Tensor values = at::randn({rows, dim}) * kInitialDeviation;
  values[0].zero_();
  return values;
}
}  // namespace

struct Bpr::Net : torch::nn::Module {
  Net(int64_t titles, int64_t dim) {
    history = register_parameter("history", table(titles + 1, dim));
    factors = register_parameter("titles", table(titles + 1, dim));
    biases = register_parameter("biases", at::zeros({titles + 1, 1}));
    start = register_parameter("start", at::zeros({1, dim}));
  }
  at::Tensor history;  // [titles + 1, dim] p
  at::Tensor factors;  // [titles + 1, dim] q
  at::Tensor biases;   // [titles + 1, 1]
  at::Tensor start;    // [1, dim] s
};

Bpr::Bpr(int64_t titles, const configs::ModelConfig& config)
    : negatives_(config.bpr.negatives),
      dislikes_(config.dislikes),
      net_(std::make_shared<Net>(titles, config.dim)) {}

torch::nn::Module& Bpr::module() { return *net_; }

at::Tensor Bpr::title_vectors() {
  const at::Tensor vectors = at::cat({net_->factors, net_->biases}, 1);
  return at::cat({at::zeros_like(vectors.slice(0, 0, 1)), vectors.slice(0, 1)});
}

namespace {

// [batch, length]: what each event of a history counts, and whether it was liked.
struct Weighed {
  at::Tensor weights, liked;
};

Weighed weighed(const Histories& histories, double dislikes) {
  const at::Tensor liked = (histories.titles.gt(0) * histories.signals.gt(0)).to(at::kFloat);
  if (dislikes == 0) return {liked, liked};
  const at::Tensor disliked = (histories.titles.gt(0) * histories.signals.lt(0)).to(at::kFloat);
  return {liked - disliked * std::min(1.0, dislikes), liked};
}

}  // namespace

// → [batch, length + 1, dim]: the user after each event.
at::Tensor Bpr::states(const Histories& histories) {
  const auto [weights, liked] = weighed(histories, dislikes_);
  const at::Tensor events =
      at::embedding(net_->history, histories.titles, /*padding_idx=*/0) * weights.unsqueeze(2);
  const at::Tensor sums = events.cumsum(1) * liked.cumsum(1).clamp_min(1).rsqrt().unsqueeze(2);
  const at::Tensor before = at::zeros_like(liked.slice(1, 0, 1)).unsqueeze(2) * net_->start;
  return at::cat({before, sums}, 1) + net_->start;
}

at::Tensor Bpr::encode_user(const Histories& histories, const at::Tensor&) {
  const at::Tensor last = states(histories).slice(1, -1).squeeze(1);
  return at::cat({last, at::ones_like(last.slice(1, 0, 1))}, 1);
}

// Every event counts, repeated ones too.
at::Tensor Bpr::contributions(const Histories& histories, const at::Tensor& titles,
                              const at::Tensor& title_vectors) {
  const auto [weights, liked] = weighed(histories, dislikes_);
  const at::Tensor shares = weights * liked.sum(1, /*keepdim=*/true).clamp_min(1).rsqrt();
  const at::Tensor events =
      at::embedding(net_->history, histories.titles, /*padding_idx=*/0) * shares.unsqueeze(2);
  const at::Tensor factors = at::embedding(title_vectors, titles).slice(2, 0, -1);  // no biases
  return at::matmul(factors, events.transpose(1, 2));
}

at::Tensor Bpr::loss(const Batch& batch) {
  const at::Tensor all = states(batch.histories).flatten(0, 1);
  const at::Tensor users = all.index_select(0, batch.positions);  // [targets, dim]
  const at::Tensor negatives = at::randint(
      1, net_->biases.size(0), {batch.targets.size(0), negatives_}, batch.targets.options());
  const auto score = [&](const at::Tensor& titles) {  // [targets, n]
    const at::Tensor factors = at::embedding(net_->factors, titles, /*padding_idx=*/0);
    return factors.matmul(users.unsqueeze(2)).squeeze(2) +
           at::embedding(net_->biases, titles).squeeze(2);
  };
  const at::Tensor difference = score(batch.targets.unsqueeze(1)) - score(negatives);
  // A negative that is the target itself does not count.
  const at::Tensor counts = negatives.ne(batch.targets.unsqueeze(1)).to(at::kFloat);
  const at::Tensor ranking =
      -(at::log_sigmoid(difference) * counts).sum() / counts.sum().clamp_min(1);
  if (!batch.disliked.defined()) return ranking;
  return ranking + dislike_part(batch, all.index_select(0, batch.disliked_positions)) * dislikes_;
}

// users: [disliked, dim]
at::Tensor Bpr::dislike_part(const Batch& batch, const at::Tensor& users) {
  const at::Tensor usual = usual_titles(batch, net_->biases.size(0) - 1);
  const at::Tensor scores = (users * at::embedding(net_->factors, batch.disliked)).sum(1) +
                            at::embedding(net_->biases, batch.disliked).squeeze(1);
  const at::Tensor others = users.matmul(at::embedding(net_->factors, usual).t()) +
                            at::embedding(net_->biases, usual).t();
  return dislike_loss(batch, scores, others);
}

std::string Bpr::description() const {
  return "Matrix factorisation by pairwise ranking (BPR): titles with an interaction are to score "
         "above those without. A member is the sum of the vectors of the titles in the history.";
}

}  // namespace marquee::models
