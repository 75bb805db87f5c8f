// Softmax losses over titles: of the whole catalogue, or of sampled titles with logQ correction.
// States come divided by the temperature.
#pragma once

#include <ATen/core/Tensor.h>

namespace marquee::models {

// states: [n, dim], vectors: [titles + 1, dim], targets: [n] in 1..titles → scalar, the mean over
// the targets. weights: [n], what each target's part is multiplied with; undefined: 1.
at::Tensor full_softmax_loss(const at::Tensor& states, const at::Tensor& vectors,
                             const at::Tensor& targets, const at::Tensor& weights = {});

// The log probability of each target under the same softmax: [n], without a gradient.
at::Tensor full_log_probabilities(const at::Tensor& states, const at::Tensor& vectors,
                                  const at::Tensor& targets);

// A softmax over the target and `negatives` shared by the whole batch. log_q: the log of how often
// each negative is expected among the negatives; subtracting it makes the sampled softmax unbiased
// (Bengio & Senécal 2008). The positive is not corrected, since it was not sampled (Yi et al. 2019
// as refined by arXiv 2507.09331), and a negative that is the row's own target is masked.
//   states, positives: [n, dim]; targets: [n]; negative_vectors: [m, dim]; negatives, log_q: [m]
struct SampledTitles {
  at::Tensor titles;   // [m]
  at::Tensor vectors;  // [m, dim]
  at::Tensor log_q;    // [m]
};
at::Tensor sampled_softmax_loss(const at::Tensor& states, const at::Tensor& positives,
                                const at::Tensor& targets, const SampledTitles& negatives);

// Binary cross-entropy over the target and `negatives` drawn uniformly and shared by the batch,
// with the target's probability raised to β, so that few negatives do not make the model
// overconfident (gBCE: Petrov & Macdonald, RecSys 2023). calibration: t, from 0, plain binary
// cross-entropy, to 1, scores as if all titles had been negatives. titles: how many there are.
//   states, positives: [n, dim]; targets: [n] → scalar
struct Calibration {
  double t;
  int64_t titles;
};
at::Tensor gbce_loss(const at::Tensor& states, const at::Tensor& positives,
                     const at::Tensor& targets, const SampledTitles& negatives,
                     const Calibration& calibration);

}  // namespace marquee::models
