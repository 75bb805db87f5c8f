#include "models/layers/hstu.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_dense_backward.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/take.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "models/layers/dropout.h"
#include "models/layers/linear.h"

namespace marquee::models {

namespace nn = torch::nn;
namespace autograd = torch::autograd;

namespace {

constexpr int64_t kGapBuckets = 64;
constexpr double kBucketsPerDoubling = 2;
constexpr double kInitialDeviation = 0.02;
constexpr double kNormEpsilon = 1e-6;  // sums over few events are small

// Scores of this many bytes at a time: a GPU needs enough to do at once. (On a processor histories
// are packed.)
constexpr int64_t kBlockBytes = 256 << 20;

bool is_given(const at::Tensor& tensor) { return tensor.defined() && tensor.numel() > 0; }

at::Tensor scores_of(const at::Tensor& queries, const at::Tensor& keys, const HstuBias& bias,
                     const at::Tensor& gaps) {
  at::Tensor scores = queries.matmul(keys.transpose(2, 3)).to(at::kFloat) + bias.positions;
  if (is_given(gaps)) scores = scores + at::take(bias.times, gaps).unsqueeze(1);
  return scores;
}

at::Tensor weigh(const at::Tensor& scores, const at::Tensor& shares, const at::Tensor& values) {
  return (at::silu(scores) * shares).to(values.scalar_type()).matmul(values);
}

int64_t rows_at_a_time(const at::Tensor& queries) {
  return std::max<int64_t>(1,
                           kBlockBytes / (4 * queries.size(1) * queries.size(2) * queries.size(2)));
}

at::Tensor rows(const at::Tensor& tensor, int64_t begin, int64_t end) {
  return is_given(tensor) ? tensor.slice(0, begin, end) : tensor;
}

struct HstuAttention : autograd::Function<HstuAttention> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& queries,
                            const at::Tensor& keys, const at::Tensor& values,
                            const at::Tensor& positions, const at::Tensor& times,
                            const at::Tensor& gaps, const at::Tensor& shares) {
    at::Tensor out = at::empty_like(values);
    const int64_t block = rows_at_a_time(queries);
    for (int64_t begin = 0; begin < queries.size(0); begin += block) {
      const int64_t end = std::min(queries.size(0), begin + block);
      const at::Tensor scores = scores_of(rows(queries, begin, end), rows(keys, begin, end),
                                          {positions, times}, rows(gaps, begin, end));
      rows(out, begin, end).copy_(weigh(scores, shares, rows(values, begin, end)));
    }
    context->save_for_backward({queries, keys, values, positions, times, gaps, shares});
    return out;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &queries = saved[0], &keys = saved[1], &values = saved[2];
    const at::Tensor &times = saved[4], &gaps = saved[5], &shares = saved[6];
    at::Tensor to_queries = at::empty_like(queries);
    at::Tensor to_keys = at::empty_like(keys);
    at::Tensor to_values = at::empty_like(values);
    at::Tensor to_positions = at::zeros_like(saved[3]);
    at::Tensor to_times = at::zeros_like(times);
    const int64_t block = rows_at_a_time(queries);
    for (int64_t begin = 0; begin < queries.size(0); begin += block) {
      const int64_t end = std::min(queries.size(0), begin + block);
      const auto part = [&](const at::Tensor& tensor) { return rows(tensor, begin, end); };
      const at::Tensor gradient = part(gradients[0]).to(values.scalar_type());
      const at::Tensor scores = scores_of(part(queries), part(keys), {saved[3], times}, part(gaps));
      const at::Tensor weights = (at::silu(scores) * shares).to(values.scalar_type());
      part(to_values).copy_(weights.transpose(2, 3).matmul(gradient));
      const at::Tensor to_weights = gradient.matmul(part(values).transpose(2, 3)).to(at::kFloat);
      const at::Tensor to_scores = at::silu_backward(to_weights.mul_(shares), scores);
      const at::Tensor narrow = to_scores.to(queries.scalar_type());
      part(to_queries).copy_(narrow.matmul(part(keys)));
      part(to_keys).copy_(narrow.transpose(2, 3).matmul(part(queries)));
      const at::Tensor of_heads = to_scores.sum(1);  // [rows, length, length]
      to_positions += of_heads.sum(0);
      if (is_given(gaps)) {
        to_times += at::embedding_dense_backward(of_heads.reshape({-1, 1}), part(gaps).flatten(),
                                                 times.size(0), -1, false)
                        .flatten();
      }
    }
    return {to_queries, to_keys, to_values, to_positions, to_times, {}, {}};
  }
};

}  // namespace

Relations relations(const at::Tensor& ages, bool with_gaps) {
  // Lengths come from cumulated ones, never from size(): this is traced (docs/libtorch.md).
  const at::Tensor start = ages.slice(1, 0, 1);
  const at::Tensor event_ages = at::cat({start, ages}, 1);                   // [batch, positions]
  const at::Tensor state_ages = at::cat({ages, at::zeros_like(start)}, 1);   // [batch, positions]
  const at::Tensor seen = at::ones_like(event_ages.select(0, 0)).cumsum(0);  // 1, 2, ...
  const at::Tensor distances = seen.unsqueeze(1) - seen.unsqueeze(0);
  Relations between;
  between.shares = distances.ge(0) / seen.unsqueeze(1);
  between.distances = distances.clamp_min(0).to(at::kLong);
  if (with_gaps) {
    const at::Tensor passed = (event_ages.unsqueeze(1) - state_ages.unsqueeze(2)).clamp_min(0);
    between.gaps = ((passed + 1).log2() * kBucketsPerDoubling)
                       .clamp(0, static_cast<double>(kGapBuckets - 1))
                       .to(at::kLong);
  }
  return between;
}

at::Tensor hstu_attention(const at::Tensor& queries, const at::Tensor& keys,
                          const at::Tensor& values, const HstuBias& bias,
                          const Relations& between) {
  // A custom function takes no undefined tensors: an empty one means none.
  const auto given = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor : at::zeros({0}, queries.options());
  };
  return HstuAttention::apply(queries, keys, values, bias.positions, given(bias.times),
                              given(between.gaps), between.shares);
}

at::Tensor hstu_attention_at_once(const at::Tensor& queries, const at::Tensor& keys,
                                  const at::Tensor& values, const HstuBias& bias,
                                  const Relations& between) {
  return weigh(scores_of(queries, keys, bias, between.gaps), between.shares, values);
}

HstuBlockImpl::HstuBlockImpl(const HstuBlockOptions& options) : options_(options) {
  const auto norm = [&] {
    return nn::LayerNorm(
        nn::LayerNormOptions({options.dim}).elementwise_affine(false).eps(kNormEpsilon));
  };
  norm_ = register_module("norm", norm());
  attention_norm_ = register_module("attention_norm", norm());
  uvqk_ = register_module("uvqk",
                          nn::Linear(nn::LinearOptions(options.dim, 4 * options.dim).bias(false)));
  out_ = register_module("out", nn::Linear(options.dim, options.dim));
  const auto table = [](int64_t rows) { return at::randn({rows}) * kInitialDeviation; };
  positions_ = register_parameter("positions", table(options.max_history + 1));
  if (options.times) times_ = register_parameter("times", table(kGapBuckets));
}

at::Tensor HstuBlockImpl::forward(const at::Tensor& x, const Relations& between) {
  const auto uvqk = at::silu(uvqk_(norm_(x))).chunk(4, -1);
  const auto heads = [&](const at::Tensor& t) {  // → [batch, heads, length, dim / heads]
    return t.unflatten(-1, {options_.heads, -1}).transpose(1, 2);
  };
  const HstuBias bias{at::take(positions_, between.distances.clamp_max(options_.max_history)),
                      times_};
  const auto attention = is_training() ? hstu_attention : hstu_attention_at_once;
  const at::Tensor mixed = attention(heads(uvqk[2]), heads(uvqk[3]), heads(uvqk[1]), bias, between);
  return gated(x, uvqk[0], mixed.transpose(1, 2).flatten(2));
}

at::Tensor HstuBlockImpl::gated(const at::Tensor& x, const at::Tensor& gates,
                                const at::Tensor& mixed) {
  return x + linear(out_, dropped(gates * attention_norm_(mixed), options_.dropout, is_training()));
}

at::Tensor HstuBlockImpl::forward_packed(const at::Tensor& x,
                                         const std::shared_ptr<const PackedRelations>& between) {
  const auto uvqk = at::silu(linear(uvqk_, norm_(x))).chunk(4, -1);
  return gated(x, uvqk[0],
               packed_hstu_attention({uvqk[2], uvqk[3], uvqk[1], options_.heads},
                                     {positions_, times_}, between));
}

}  // namespace marquee::models
