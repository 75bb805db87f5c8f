// HSTU blocks: attention whose weights are SiLU(Q·Kᵀ + bias) instead of a softmax, so that the
// strength of an interest counts and not only its share, with a bias by how many events and how
// much time lie in between (Zhai et al. 2024, Actions Speak Louder than Words, arXiv 2402.17152).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/layers/packed_histories.h"

namespace marquee::models {

// How the positions of a batch relate to each other; the same for every block.
struct Relations {
  at::Tensor distances;  // [length, length] int64: positions from j to i, 0 where j comes after i
  at::Tensor shares;     // [length, length]: 1 / (i + 1) where j is seen from i, else 0
  at::Tensor gaps;       // [batch, length, length] int64: bucket of the time from event j to
                         // state i; undefined where a model does not use time
};

// ages: [batch, length] of the events, without the start token → relations of length + 1 positions.
// Position 0 is the start token, as old as the first event. The time of state i is that of event
// i + 1; the time of the last one is that of the request.
Relations relations(const at::Tensor& ages, bool with_gaps);

// What the attention needs besides queries, keys and values.
struct HstuBias {
  at::Tensor positions;  // [length, length], added to all scores
  at::Tensor times;      // [buckets]; undefined without gaps
};

// queries, keys, values: [batch, heads, length, width] → the same shape:
//   out_i = Σ_{j ≤ i} SiLU(q_i·k_j + positions_ij + times[gaps_ij]) · v_j / (i + 1)
// Scores are computed again for the gradients, for some rows of the batch at a time, so that what
// is kept between the passes does not grow with length².
at::Tensor hstu_attention(const at::Tensor& queries, const at::Tensor& keys,
                          const at::Tensor& values, const HstuBias& bias, const Relations& between);

// The same in one expression: for tracing, where no size may be read.
at::Tensor hstu_attention_at_once(const at::Tensor& queries, const at::Tensor& keys,
                                  const at::Tensor& values, const HstuBias& bias,
                                  const Relations& between);

// The relations of packed histories, of which only gaps are stored.
struct PackedRelations {
  // ages: as for relations(), of all events one after the other.
  PackedRelations(const std::shared_ptr<const PackedHistories>& packed, const at::Tensor& ages,
                  bool with_gaps);

  std::shared_ptr<const PackedHistories> packed;
  std::vector<int64_t> offsets;  // [batch]: where a history's gaps begin
  std::vector<uint8_t> gaps;     // [tokens, tokens] of each history by itself; empty: none
};

// hstu_attention of packed histories, on a processor. positions: [max_history + 1] by distance;
// times: [buckets], undefined without gaps → [tokens, dim].
struct PackedQueries {
  at::Tensor queries, keys, values;  // [tokens, dim], by heads
  int64_t heads;
};
at::Tensor packed_hstu_attention(const PackedQueries& packed, const HstuBias& bias,
                                 const std::shared_ptr<const PackedRelations>& between);

struct HstuBlockOptions {
  int64_t dim = 0;
  int64_t heads = 0;
  int64_t max_history = 0;
  double dropout = 0;
  bool times = true;  // whether there is a bias of time
};

// x + out(U ⊙ norm(attention(Q, K, V))), where U, V, Q, K = SiLU(linear(norm(x))).
struct HstuBlockImpl : torch::nn::Module {
  explicit HstuBlockImpl(const HstuBlockOptions& options);

  // x: [batch, length, dim] → the same shape.
  at::Tensor forward(const at::Tensor& x, const Relations& between);

  // The same of packed histories: [tokens, dim].
  at::Tensor forward_packed(const at::Tensor& x,
                            const std::shared_ptr<const PackedRelations>& between);

 private:
  // mixed: what attention made, [..., dim].
  at::Tensor gated(const at::Tensor& x, const at::Tensor& gates, const at::Tensor& mixed);

  HstuBlockOptions options_;
  at::Tensor positions_;  // [max_history + 1], by distance
  at::Tensor times_;      // [buckets]
  torch::nn::LayerNorm norm_{nullptr}, attention_norm_{nullptr};
  torch::nn::Linear uvqk_{nullptr}, out_{nullptr};
};
TORCH_MODULE(HstuBlock);

}  // namespace marquee::models
