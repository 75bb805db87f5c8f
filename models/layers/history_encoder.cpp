#include "models/layers/history_encoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "models/layers/dropout.h"
#include "models/layers/gather.h"
#include "models/layers/hstu.h"
#include "models/layers/linear.h"

namespace marquee::models {

namespace nn = torch::nn;

namespace {

// This code is traced for export, where a size read in C++ would become a constant: lengths come
// from cumulated ones, never from size() (docs/libtorch.md).

constexpr int64_t kSignalSteps = 10;  // signals -1, -0.9, ..., 1
constexpr int64_t kGapBuckets = 32;   // powers of two of seconds
constexpr double kInitialDeviation = 0.05;
constexpr int64_t kFeedForwardFactor = 2;
constexpr int64_t kGatedFactor = 4;

at::Tensor table(int64_t rows, int64_t dim) { return at::randn({rows, dim}) * kInitialDeviation; }

nn::LayerNorm layer_norm(int64_t dim) { return nn::LayerNorm(nn::LayerNormOptions({dim})); }

// Seconds from each event to the next one; from the last one to the request.
at::Tensor gaps(const at::Tensor& ages) {
  const at::Tensor next = at::cat({ages.slice(1, 1), at::zeros_like(ages.slice(1, 0, 1))}, 1);
  return (ages - next).clamp_min(0);
}

// x: [batch, length, dim] → 0, 1, ... [batch, length].
at::Tensor places(const at::Tensor& x) {
  return at::ones_like(x.select(2, 0)).cumsum(1).to(at::kLong) - 1;
}

// x: [batch, length, dim], place: [batch, 1] → [batch, 1, dim].
at::Tensor rows_at(const at::Tensor& x, const at::Tensor& place) {
  return x.gather(1, place.unsqueeze(2).expand({-1, -1, x.size(2)}));
}

// x: [batch, length, dim] → at each place the mean up to and including it.
at::Tensor running_mean(const at::Tensor& x) {
  return x.cumsum(1) / at::ones_like(x.slice(2, 0, 1)).cumsum(1);
}

// The same at `place` alone: → [batch, 1, dim].
at::Tensor mean_until(const at::Tensor& x, const at::Tensor& place) {
  const at::Tensor weights = places(x).le(place) / (place + 1);  // [batch, length]
  return weights.unsqueeze(1).bmm(x);
}

}  // namespace

AttentionBlockImpl::AttentionBlockImpl(const AttentionBlockOptions& options) : options_(options) {
  const int64_t dim = options.dim;
  const int64_t width = (options.gated ? kGatedFactor : kFeedForwardFactor) * dim;
  attention_norm_ = register_module("attention_norm", layer_norm(dim));
  qkv_ = register_module("qkv", nn::Linear(dim, 3 * dim));
  out_ = register_module("out", nn::Linear(dim, dim));
  feed_forward_norm_ = register_module("feed_forward_norm", layer_norm(dim));
  expand_ = register_module("expand", nn::Linear(dim, options.gated ? 2 * width : width));
  contract_ = register_module("contract", nn::Linear(width, dim));
  if (!options.gated) return;
  attention_gate_ = register_module("attention_gate", nn::Linear(dim, dim));
  feed_forward_gate_ = register_module("feed_forward_gate", nn::Linear(dim, dim));
}

at::Tensor AttentionBlockImpl::heads(const at::Tensor& x) const {
  return x.unflatten(-1, {options_.heads, -1}).transpose(1, 2);
}

at::Tensor AttentionBlockImpl::added(const at::Tensor& x, const at::Tensor& change,
                                     nn::Linear& gate) {
  const at::Tensor gated = gate ? at::sigmoid(linear(gate, x)) * change : change;
  return add_dropped(x, gated, options_.dropout, is_training());
}

at::Tensor AttentionBlockImpl::merged(const at::Tensor& by_heads) const {
  return by_heads.transpose(1, 2).flatten(2);
}

// x: what the residual connection carries; mixed: the output of the attention.
at::Tensor AttentionBlockImpl::feed_forward(const at::Tensor& x, const at::Tensor& mixed) {
  const at::Tensor attended = added(x, linear(out_, mixed), attention_gate_);
  at::Tensor hidden = linear(expand_, feed_forward_norm_(attended));
  if (options_.gated) {
    const auto halves = hidden.chunk(2, -1);
    hidden = at::silu(halves[0]) * halves[1];
  } else {
    hidden = at::gelu(hidden);
  }
  return added(attended, linear(contract_, hidden), feed_forward_gate_);
}

at::Tensor AttentionBlockImpl::forward(const at::Tensor& x) {
  const auto qkv = qkv_(attention_norm_(x)).chunk(3, -1);
  return feed_forward(x, merged(at::scaled_dot_product_attention(
                             heads(qkv[0]), heads(qkv[1]), heads(qkv[2]), /*attn_mask=*/{},
                             is_training() ? options_.dropout : 0.0, /*is_causal=*/true)));
}

at::Tensor AttentionBlockImpl::forward_packed(
    const at::Tensor& x, const std::shared_ptr<const PackedHistories>& packed) {
  const at::Tensor qkv = linear(qkv_, attention_norm_(x));
  return feed_forward(x, packed_causal_attention(qkv, packed, options_.heads,
                                                 is_training() ? options_.dropout : 0.0));
}

at::Tensor AttentionBlockImpl::forward_last(const at::Tensor& x, const at::Tensor& last) {
  const at::Tensor normed = attention_norm_(x);
  const int64_t dim = out_->options.in_features();
  const auto project = [&](const at::Tensor& rows, int64_t begin, int64_t end) {
    return at::linear(rows, qkv_->weight.slice(0, begin, end), qkv_->bias.slice(0, begin, end));
  };
  const auto kv = project(normed, dim, 3 * dim).chunk(2, -1);
  const at::Tensor seen = places(x).le(last).unsqueeze(1).unsqueeze(1);  // [batch, 1, 1, length]
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(project(rows_at(normed, last), 0, dim)), heads(kv[0]), heads(kv[1]), seen);
  return feed_forward(rows_at(x, last), merged(mixed));
}

HistoryEncoderImpl::HistoryEncoderImpl(int64_t dim, int64_t max_history,
                                       const configs::HistoryConfig& config)
    : config_(config) {
  start_ = register_parameter("start", table(1, dim));
  // What was disliked begins as what nothing is said of.
  if (config.signal) {
    signals_ = register_parameter(
        "signals", at::cat({at::zeros({kSignalSteps, dim}), table(kSignalSteps + 1, dim)}));
  }
  if (config.age) gaps_ = register_parameter("gaps", table(kGapBuckets, dim));
  if (config.encoder == "attention" || config.encoder == "ligr") {
    positions_ = register_parameter("positions", table(max_history + 1, dim));
    blocks_ = register_module("blocks", nn::ModuleList());
    for (int i = 0; i < config.blocks; ++i) {
      blocks_->push_back(AttentionBlock(AttentionBlockOptions{dim, config.heads, config.dropout,
                                                              /*gated=*/config.encoder == "ligr"}));
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

at::Tensor HistoryEncoderImpl::described(const at::Tensor& signals, const at::Tensor& gaps) const {
  at::Tensor sum;
  if (config_.signal) {
    const at::Tensor steps = (signals.clamp(-1, 1) * kSignalSteps).round() + kSignalSteps;
    sum = gather(signals_, steps.to(at::kLong));
  }
  if (config_.age) {
    const at::Tensor buckets = (gaps + 1).log2().floor().clamp(0, kGapBuckets - 1);
    const at::Tensor of_gaps = gather(gaps_, buckets.to(at::kLong));
    sum = sum.defined() ? sum + of_gaps : of_gaps;
  }
  return sum;
}

at::Tensor HistoryEncoderImpl::placed(const at::Tensor& tokens) {
  const at::Tensor order = places(tokens).clamp_max(positions_.size(0) - 1);
  return dropped(tokens + gather(positions_, order), config_.dropout, is_training());
}

// Order is in the relations between events, so there are no positions to add.
at::Tensor HistoryEncoderImpl::aggregate(const at::Tensor& tokens, const at::Tensor& ages) {
  const Relations between = relations(ages, config_.age);
  at::Tensor x = dropped(tokens, config_.dropout, is_training());
  for (const auto& block : *blocks_) x = block->as<HstuBlock>()->forward(x, between);
  return x;
}

at::Tensor HistoryEncoderImpl::mix(const at::Tensor& mean) {
  const at::Tensor x = dropped(mean, config_.dropout, is_training());
  return x + contract_(at::gelu(expand_(x)));
}

at::Tensor HistoryEncoderImpl::tokens(const at::Tensor& vectors, const Histories& histories) const {
  at::Tensor events = vectors;
  if (config_.signal || config_.age) {
    events = events + described(histories.signals, gaps(histories.ages));
  }
  const at::Tensor start = gather(start_, at::zeros_like(histories.titles.slice(1, 0, 1)));
  return at::cat({start, events}, 1);
}

at::Tensor HistoryEncoderImpl::states(const at::Tensor& vectors, const Histories& histories) {
  at::Tensor x = tokens(vectors, histories);
  if (config_.encoder == "hstu") {
    x = aggregate(x, histories.ages);
  } else if (config_.encoder == "mean") {
    x = mix(running_mean(x));
  } else {
    x = placed(x);
    for (const auto& block : *blocks_) x = block->as<AttentionBlock>()->forward(x);
  }
  return norm_(x);
}

at::Tensor HistoryEncoderImpl::packed_states(const Lookup& vectors_of, const Histories& histories,
                                             const std::shared_ptr<const PackedHistories>& packed) {
  const auto of_events = [&](const at::Tensor& values) {
    return values.flatten().index_select(0, packed->events);
  };
  at::Tensor events = vectors_of(of_events(histories.titles));
  if (config_.signal || config_.age) {
    events = events + described(of_events(histories.signals), of_events(gaps(histories.ages)));
  }
  at::Tensor x = gather(at::cat({start_, events}), packed->order);
  if (config_.encoder == "hstu") {
    const auto between =
        std::make_shared<const PackedRelations>(packed, of_events(histories.ages), config_.age);
    x = dropped(x, config_.dropout, is_training());
    for (const auto& block : *blocks_) x = block->as<HstuBlock>()->forward_packed(x, between);
  } else {
    x = dropped(x + gather(positions_, packed->places), config_.dropout, is_training());
    for (const auto& block : *blocks_) x = block->as<AttentionBlock>()->forward_packed(x, packed);
  }
  return norm_(x);
}

at::Tensor HistoryEncoderImpl::states_at(const Lookup& vectors_of, const Histories& histories,
                                         const at::Tensor& positions) {
  if (config_.encoder != "mean" && positions.is_cpu()) {
    const auto packed = std::make_shared<const PackedHistories>(histories);
    return gather(packed_states(vectors_of, histories, packed), packed->rows_of(positions));
  }
  const at::Tensor& titles = histories.titles;
  const at::Tensor vectors = vectors_of(titles.flatten()).unflatten(0, titles.sizes());
  return gather(states(vectors, histories).flatten(0, 1), positions);
}

at::Tensor HistoryEncoderImpl::last_state(const at::Tensor& vectors, const Histories& histories) {
  const at::Tensor last = histories.titles.gt(0).sum(1, /*keepdim=*/true);  // [batch, 1]
  at::Tensor x = tokens(vectors, histories);
  if (config_.encoder == "hstu") {
    x = rows_at(aggregate(x, histories.ages), last);
  } else if (config_.encoder == "mean") {
    x = mix(mean_until(x, last));
  } else {
    x = placed(x);
    for (size_t i = 0; i + 1 < blocks_->size(); ++i)
      x = blocks_[i]->as<AttentionBlock>()->forward(x);
    x = blocks_[blocks_->size() - 1]->as<AttentionBlock>()->forward_last(x, last);
  }
  return norm_(x).squeeze(1);
}

}  // namespace marquee::models
