// The user tower: encodes the history, in order, as a vector. Four forms: the mean of the titles,
// causal self-attention over them (Kang & McAuley 2018, SASRec), the same with gates (LiGR:
// Borisyuk et al. 2025, arXiv 2502.03417), and HSTU blocks (hstu.h). A start token is before the
// first event, so that a user without history has a vector as well.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include <functional>
#include <memory>

#include "configs/config.h"
#include "models/layers/packed_histories.h"
#include "models/recommender.h"

namespace marquee::models {

struct AttentionBlockOptions {
  int64_t dim = 0;
  int64_t heads = 0;
  double dropout = 0;
  // What is added to the residual is multiplied with sigmoid(gate(x)), and the feed-forward is a
  // SwiGLU (Shazeer 2020) four times as wide as the block.
  bool gated = false;
};

// Pre-norm transformer block over [batch, length, dim], each position seeing itself and what is
// before it. With padding on the right no mask besides the causal one is needed.
struct AttentionBlockImpl : torch::nn::Module {
  explicit AttentionBlockImpl(const AttentionBlockOptions& options);
  at::Tensor forward(const at::Tensor& x);

  // The same of packed histories: [tokens, dim].
  at::Tensor forward_packed(const at::Tensor& x,
                            const std::shared_ptr<const PackedHistories>& packed);

  // The row of forward(x) that `last` [batch, 1] names of each history: → [batch, 1, dim].
  at::Tensor forward_last(const at::Tensor& x, const at::Tensor& last);

 private:
  at::Tensor heads(const at::Tensor& x) const;          // → [batch, heads, length, dim / heads]
  at::Tensor merged(const at::Tensor& by_heads) const;  // the way back
  at::Tensor feed_forward(const at::Tensor& x, const at::Tensor& mixed);
  // x with `change` added; `gate`: null where there are none.
  at::Tensor added(const at::Tensor& x, const at::Tensor& change, torch::nn::Linear& gate);

  AttentionBlockOptions options_;
  torch::nn::LayerNorm attention_norm_{nullptr}, feed_forward_norm_{nullptr};
  torch::nn::Linear qkv_{nullptr}, out_{nullptr}, expand_{nullptr}, contract_{nullptr};
  torch::nn::Linear attention_gate_{nullptr}, feed_forward_gate_{nullptr};
};
TORCH_MODULE(AttentionBlock);

struct HistoryEncoderImpl : torch::nn::Module {
  HistoryEncoderImpl(int64_t dim, int64_t max_history, const configs::HistoryConfig& config);

  // vectors: [batch, length, dim] of the histories' titles → [batch, length + 1, dim]: state t is
  // the user after t events.
  at::Tensor states(const at::Tensor& vectors, const Histories& histories);

  // Those of them that `positions` [targets] has numbers of, as models::Batch does: → [targets,
  // dim]. vectors_of: [n] title ids → [n, dim].
  using Lookup = std::function<at::Tensor(const at::Tensor&)>;
  at::Tensor states_at(const Lookup& vectors_of, const Histories& histories,
                       const at::Tensor& positions);

  // The state after the last event alone, for less work: → [batch, dim].
  at::Tensor last_state(const at::Tensor& vectors, const Histories& histories);

 private:
  at::Tensor tokens(const at::Tensor& vectors, const Histories& histories) const;
  // [tokens, dim], of histories one after the other.
  at::Tensor packed_states(const Lookup& vectors_of, const Histories& histories,
                           const std::shared_ptr<const PackedHistories>& packed);
  // signals: [...], gaps: [...] seconds → [..., dim]; undefined where nothing is said.
  at::Tensor described(const at::Tensor& signals, const at::Tensor& gaps) const;
  at::Tensor placed(const at::Tensor& tokens);  // with their positions
  at::Tensor aggregate(const at::Tensor& tokens, const at::Tensor& ages);
  at::Tensor mix(const at::Tensor& mean);

  configs::HistoryConfig config_;
  at::Tensor start_;      // [1, dim]
  at::Tensor positions_;  // [max_history + 1, dim], attention only
  at::Tensor signals_;    // [buckets, dim]
  at::Tensor gaps_;       // [buckets, dim]
  torch::nn::ModuleList blocks_{nullptr};
  torch::nn::Linear expand_{nullptr}, contract_{nullptr};  // of the mean form
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(HistoryEncoder);

}  // namespace marquee::models
