#include "models/layers/softmax_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>

#include "models/kernels/softmax_rows.h"
#include "models/layers/narrow.h"

namespace marquee::models {

namespace {

namespace autograd = torch::autograd;

// Scores of this many bytes at a time: they stay in the cache between the passes over them.
constexpr int64_t kBlockBytes = 8 << 20;

int64_t rows_at_a_time(const at::Tensor& vectors) {
  return std::max<int64_t>(1, kBlockBytes / (4 * vectors.size(0)));
}

// Softmax cross-entropy of states · vectorsᵀ, in blocks of rows. The gradients are taken in the
// forward pass while a block is at hand, so that the scores of a block are made once and never
// stored (kernels/softmax_rows.h).
struct FullSoftmax : autograd::Function<FullSoftmax> {
  // weights: [n, 1], of each row in the sum.
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& states,
                            const at::Tensor& vectors, const at::Tensor& targets,
                            const at::Tensor& weights) {
    return states.is_cpu() ? on_processor(context, states, vectors, targets, weights)
                           : in_blocks(context, states, vectors, targets, weights);
  }

  static at::Tensor on_processor(autograd::AutogradContext* context, const at::Tensor& states,
                                 const at::Tensor& vectors, const at::Tensor& targets,
                                 const at::Tensor& weights) {
    const at::Tensor rows = states.to(at::kFloat).contiguous();
    const at::Tensor titles = vectors.to(at::kFloat).contiguous();
    const at::Tensor goals = targets.contiguous(), factors = weights.contiguous();
    const at::Tensor states_gradient = at::empty_like(rows);
    const at::Tensor vectors_gradient = at::empty_like(titles);
    const double loss = softmax_cross_entropy(
        {rows.const_data_ptr<float>(), titles.const_data_ptr<float>(),
         goals.const_data_ptr<int64_t>(), factors.const_data_ptr<float>(), rows.size(0),
         titles.size(0), rows.size(1), products_are_narrow()},
        states_gradient.mutable_data_ptr<float>(), vectors_gradient.mutable_data_ptr<float>());
    context->save_for_backward(
        {states_gradient.to(states.scalar_type()), vectors_gradient.to(vectors.scalar_type())});
    return at::full({}, loss, states.options().dtype(at::kFloat).requires_grad(false));
  }

  static at::Tensor in_blocks(autograd::AutogradContext* context, const at::Tensor& states,
                              const at::Tensor& vectors, const at::Tensor& targets,
                              const at::Tensor& weights) {
    const int64_t rows = states.size(0);
    const int64_t block = rows_at_a_time(vectors);
    at::Tensor states_gradient = at::empty_like(states);
    at::Tensor vectors_gradient = at::zeros_like(vectors);
    at::Tensor loss = at::zeros({}, states.options().dtype(at::kFloat));
    for (int64_t begin = 0; begin < rows; begin += block) {
      const int64_t end = std::min(rows, begin + block);
      const at::Tensor some = states.slice(0, begin, end);
      const at::Tensor target = targets.slice(0, begin, end).unsqueeze(1);
      const at::Tensor weight = weights.slice(0, begin, end);
      at::Tensor scores = some.matmul(vectors.t()).to(at::kFloat);
      const at::Tensor top = scores.amax(1, /*keepdim=*/true);
      scores.sub_(top);
      const at::Tensor score = scores.gather(1, target);
      const at::Tensor sums = scores.exp_().sum(1, /*keepdim=*/true);
      loss += ((sums.log() - score) * weight).sum();
      // scores becomes the gradient: softmax less one at the target, weighted.
      scores.mul_(weight / sums);
      scores.scatter_add_(1, target, -weight);
      states_gradient.slice(0, begin, end).copy_(scores.matmul(vectors));
      vectors_gradient += scores.t().matmul(some);
    }
    context->save_for_backward({states_gradient, vectors_gradient});
    return loss;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], {}, {}};
  }
};

}  // namespace

at::Tensor full_softmax_loss(const at::Tensor& states, const at::Tensor& vectors,
                             const at::Tensor& targets, const at::Tensor& weights) {
  const auto rows = static_cast<double>(states.size(0));
  const at::Tensor weight = weights.defined()
                                ? weights.to(at::kFloat).unsqueeze(1) / rows
                                : at::full({states.size(0), 1}, 1 / rows,
                                           states.options().dtype(at::kFloat).requires_grad(false));
  return FullSoftmax::apply(states, vectors.slice(0, 1), targets - 1, weight);
}

at::Tensor full_log_probabilities(const at::Tensor& states, const at::Tensor& vectors,
                                  const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const at::Tensor titles = vectors.slice(0, 1).t();
  const int64_t rows = states.size(0), block = rows_at_a_time(vectors);
  at::Tensor result = at::empty({rows}, states.options().dtype(at::kFloat).requires_grad(false));
  for (int64_t begin = 0; begin < rows; begin += block) {
    const int64_t end = std::min(rows, begin + block);
    const at::Tensor scores = states.slice(0, begin, end).matmul(titles).to(at::kFloat);
    const at::Tensor target = targets.slice(0, begin, end).unsqueeze(1) - 1;
    result.slice(0, begin, end).copy_(scores.gather(1, target).squeeze(1) - scores.logsumexp(1));
  }
  return result;
}

at::Tensor sampled_softmax_loss(const at::Tensor& states, const at::Tensor& positives,
                                const at::Tensor& targets, const SampledTitles& negatives) {
  const at::Tensor positive = (states * positives).sum(1, /*keepdim=*/true);
  at::Tensor negative = states.matmul(negatives.vectors.t());
  negative = negative.to(at::kFloat) - negatives.log_q;
  negative = negative.masked_fill(targets.unsqueeze(1).eq(negatives.titles.unsqueeze(0)),
                                  -std::numeric_limits<float>::infinity());
  const at::Tensor scores = at::cat({positive.to(at::kFloat), negative}, 1);
  return at::cross_entropy_loss(scores, at::zeros_like(targets));
}

at::Tensor gbce_loss(const at::Tensor& states, const at::Tensor& positives,
                     const at::Tensor& targets, const SampledTitles& negatives,
                     const Calibration& calibration) {
  const auto drawn = static_cast<double>(negatives.titles.size(0));
  const double others = std::max(1.0, static_cast<double>(calibration.titles - 1));
  const double alpha = std::min(1.0, drawn / others);  // share of the negatives that is drawn
  const double beta = alpha * (calibration.t * (1 - 1 / alpha) + 1 / alpha);
  const at::Tensor positive = (states * positives).sum(1).to(at::kFloat);
  const at::Tensor negative =
      states.matmul(negatives.vectors.t())
          .to(at::kFloat)
          .masked_fill(targets.unsqueeze(1).eq(negatives.titles.unsqueeze(0)),
                       -std::numeric_limits<float>::infinity());
  const at::Tensor sum = at::softplus(-positive).sum() * beta + at::softplus(negative).sum();
  return sum / (static_cast<double>(targets.size(0)) * (drawn + 1));
}

}  // namespace marquee::models
