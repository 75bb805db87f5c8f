#include "models/layers/history_encoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "models/layers/hstu.h"

namespace marquee::models {

namespace nn = torch::nn;

namespace {

// This code is traced for export, where a size read in C++ would become a constant: lengths come
// from cumulated ones, never from size() (docs/libtorch.md).

constexpr int64_t kSignalSteps = 10;  // signals 0, 0.1, ..., 1
constexpr int64_t kGapBuckets = 32;   // powers of two of seconds
constexpr double kInitialDeviation = 0.05;
constexpr int64_t kFeedForwardFactor = 2;

at::Tensor table(int64_t rows, int64_t dim) { return at::randn({rows, dim}) * kInitialDeviation; }

nn::LayerNorm layer_norm(int64_t dim) { return nn::LayerNorm(nn::LayerNormOptions({dim})); }

// Seconds from each event to the next one; from the last one to the moment of the request.
at::Tensor gaps(const at::Tensor& ages) {
  const at::Tensor next = at::cat({ages.slice(1, 1), at::zeros_like(ages.slice(1, 0, 1))}, 1);
  return (ages - next).clamp_min(0);
}

}  // namespace

AttentionBlockImpl::AttentionBlockImpl(int64_t dim, int64_t heads, double dropout)
    : heads_(heads), dropout_(dropout) {
  attention_norm_ = register_module("attention_norm", layer_norm(dim));
  qkv_ = register_module("qkv", nn::Linear(dim, 3 * dim));
  out_ = register_module("out", nn::Linear(dim, dim));
  feed_forward_norm_ = register_module("feed_forward_norm", layer_norm(dim));
  expand_ = register_module("expand", nn::Linear(dim, kFeedForwardFactor * dim));
  contract_ = register_module("contract", nn::Linear(kFeedForwardFactor * dim, dim));
}

at::Tensor AttentionBlockImpl::forward(const at::Tensor& x) {
  const auto heads = [&](const at::Tensor& t) {  // → [batch, heads, length, dim / heads]
    return t.unflatten(-1, {heads_, -1}).transpose(1, 2);
  };
  const auto qkv = qkv_(attention_norm_(x)).chunk(3, -1);
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(qkv[0]), heads(qkv[1]), heads(qkv[2]), /*attn_mask=*/{}, is_training() ? dropout_ : 0.0,
      /*is_causal=*/true);
  const at::Tensor attended =
      x + at::dropout(out_(mixed.transpose(1, 2).flatten(2)), dropout_, is_training());
  const at::Tensor hidden = at::gelu(expand_(feed_forward_norm_(attended)));
  return attended + at::dropout(contract_(hidden), dropout_, is_training());
}

HistoryEncoderImpl::HistoryEncoderImpl(int64_t dim, int64_t max_history,
                                       const configs::HistoryConfig& config)
    : config_(config) {
  start_ = register_parameter("start", table(1, dim));
  if (config.signal) signals_ = register_parameter("signals", table(kSignalSteps + 1, dim));
  if (config.age) gaps_ = register_parameter("gaps", table(kGapBuckets, dim));
  if (config.encoder == "attention") {
    positions_ = register_parameter("positions", table(max_history + 1, dim));
    blocks_ = register_module("blocks", nn::ModuleList());
    for (int i = 0; i < config.blocks; ++i) {
      blocks_->push_back(AttentionBlock(dim, config.heads, config.dropout));
    }
  } else if (config.encoder == "hstu") {
    blocks_ = register_module("blocks", nn::ModuleList());
    for (int i = 0; i < config.blocks; ++i) {
      blocks_->push_back(
          HstuBlock(HstuBlockOptions{dim, config.heads, max_history, config.dropout, config.age}));
    }
  } else {
    expand_ = register_module("expand", nn::Linear(dim, kFeedForwardFactor * dim));
    contract_ = register_module("contract", nn::Linear(kFeedForwardFactor * dim, dim));
  }
  norm_ = register_module("norm", layer_norm(dim));
}

at::Tensor HistoryEncoderImpl::describe_events(const Histories& histories) const {
  at::Tensor sum;
  if (config_.signal) {
    const at::Tensor steps = (histories.signals.clamp(0, 1) * kSignalSteps).round();
    sum = at::embedding(signals_, steps.to(at::kLong));
  }
  if (config_.age) {
    const at::Tensor buckets = (gaps(histories.ages) + 1).log2().floor().clamp(0, kGapBuckets - 1);
    const at::Tensor described = at::embedding(gaps_, buckets.to(at::kLong));
    sum = sum.defined() ? sum + described : described;
  }
  return sum;
}

at::Tensor HistoryEncoderImpl::attend(const at::Tensor& tokens) {
  const at::Tensor order = (at::ones_like(tokens.select(2, 0)).cumsum(1).to(at::kLong) - 1)
                               .clamp_max(positions_.size(0) - 1);
  at::Tensor x = tokens + at::embedding(positions_, order);
  x = at::dropout(x, config_.dropout, is_training());
  for (const auto& block : *blocks_) x = block->as<AttentionBlock>()->forward(x);
  return norm_(x);
}

// Order is in the relations between events, so there are no positions to add.
at::Tensor HistoryEncoderImpl::aggregate(const at::Tensor& tokens, const at::Tensor& ages) {
  const Relations between = relations(ages, config_.age);
  at::Tensor x = at::dropout(tokens, config_.dropout, is_training());
  for (const auto& block : *blocks_) x = block->as<HstuBlock>()->forward(x, between);
  return norm_(x);
}

at::Tensor HistoryEncoderImpl::running_mean(const at::Tensor& tokens) {
  const at::Tensor count = at::ones_like(tokens.slice(2, 0, 1)).cumsum(1);
  at::Tensor x = tokens.cumsum(1) / count;
  x = at::dropout(x, config_.dropout, is_training());
  x = x + contract_(at::gelu(expand_(x)));
  return norm_(x);
}

at::Tensor HistoryEncoderImpl::states(const at::Tensor& vectors, const Histories& histories) {
  at::Tensor events = vectors;
  if (config_.signal || config_.age) events = events + describe_events(histories);
  const at::Tensor start = at::embedding(start_, at::zeros_like(histories.titles.slice(1, 0, 1)));
  const at::Tensor tokens = at::cat({start, events}, 1);
  if (config_.encoder == "hstu") return aggregate(tokens, histories.ages);
  return config_.encoder == "attention" ? attend(tokens) : running_mean(tokens);
}

at::Tensor HistoryEncoderImpl::last(const at::Tensor& states, const Histories& histories) const {
  const at::Tensor events = histories.titles.gt(0).sum(1, /*keepdim=*/true);  // [batch, 1]
  const at::Tensor rows = events.unsqueeze(2).expand({-1, -1, states.size(2)});
  return states.gather(1, rows).squeeze(1);
}

}  // namespace marquee::models
