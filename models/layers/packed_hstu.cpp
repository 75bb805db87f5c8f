#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "models/kernels/attention_rows.h"
#include "models/layers/hstu.h"
#include "models/layers/narrow.h"

namespace marquee::models {

namespace {

namespace autograd = torch::autograd;

constexpr int64_t kGapBuckets = 64;

// floor(2 · log2(seconds + 1)), at most the last: half powers of two need no logarithm.
uint8_t bucket_of(float seconds) {
  int exponent = 0;
  const float share = std::frexp(std::max(0.0F, seconds) + 1, &exponent);  // in [0.5, 1)
  const int bucket = 2 * (exponent - 1) + (share >= 0.70710678F ? 1 : 0);
  return static_cast<uint8_t>(std::min<int>(bucket, kGapBuckets - 1));
}

// ages: of the events of one history; gaps: [events + 1, events + 1], of which the lower triangle
// is written.
void fill_gaps(const float* ages, int64_t events, uint8_t* gaps) {
  const int64_t length = events + 1;
  const float first = events > 0 ? ages[0] : 0;
  for (int64_t state = 0; state < length; ++state) {
    const float now = state < events ? ages[state] : 0;
    uint8_t* const row = gaps + state * length;
    row[0] = bucket_of(first - now);
    for (int64_t seen = 1; seen <= state; ++seen) row[seen] = bucket_of(ages[seen - 1] - now);
  }
}

// SiLU(score + bias) / (row + 1).
class SiluWeights : public AttentionWeights {
 public:
  struct Bias {
    const float* farthest_first;  // [max_history + 1], by distance
    int64_t distances;            // how many
    const float* times;           // [kGapBuckets]; null: none
    const uint8_t* gaps;          // [length, length]
  };
  // gradients: [distances], farthest first, then [kGapBuckets]: added to; null if none are asked
  // for.
  SiluWeights(const Bias& bias, int64_t length, int64_t heads, float* gradients)
      : bias_(bias), length_(length), heads_(heads), gradients_(gradients) {}

  void begin(int64_t first, int64_t last) override {
    first_ = first;
    rows_.resize((last - first) * length_);
    for (int64_t row = first; row < last; ++row) {
      float* const mine = rows_.data() + (row - first) * length_;
      std::copy_n(of_distance(bias_.farthest_first, row), row + 1, mine);
      if (bias_.times != nullptr) {
        kernels().add_looked_up(mine, bias_.times, bias_.gaps + row * length_, row + 1);
      }
    }
    if (gradients_ != nullptr) changes_.assign((last - first) * length_, 0.0F);
  }

  void forward(int64_t /*head*/, int64_t row, float* scores) override {
    kernels().add_scaled(scores, bias_of(row), 1, row + 1);
    kernels().silu(scores, scores, row + 1, share(row));
  }

  void backward(int64_t head, int64_t row, float* scores, float* weights,
                float* gradient) override {
    const int64_t count = row + 1;
    kernels().add_scaled(scores, bias_of(row), 1, count);
    kernels().silu(weights, scores, count, share(row));
    kernels().silu_backward(gradient, scores, count, share(row));
    float* const changes = changes_.data() + (row - first_) * length_;
    kernels().add_scaled(changes, gradient, 1, count);
    if (head + 1 < heads_) return;
    kernels().add_scaled(of_distance(gradients_, row), changes, 1, count);
    if (bias_.times == nullptr) return;
    float* const to_times = gradients_ + bias_.distances;
    const uint8_t* const gaps = bias_.gaps + row * length_;
    for (int64_t seen = 0; seen < count; ++seen) to_times[gaps[seen]] += changes[seen];
  }

 private:
  static float share(int64_t row) { return 1 / static_cast<float>(row + 1); }
  const float* bias_of(int64_t row) const { return rows_.data() + (row - first_) * length_; }
  template <typename T>
  T* of_distance(T* farthest_first, int64_t row) const {
    return farthest_first + bias_.distances - 1 - row;
  }

  Bias bias_;
  int64_t length_, heads_, first_ = 0;
  float* gradients_;
  std::vector<float> rows_, changes_;
};

struct Kept : torch::CustomClassHolder {
  std::shared_ptr<const PackedRelations> between;
  int64_t heads = 0;
  bool narrow = products_are_narrow();
};

// The tensors of a pass as numbers.
struct Numbers {
  const Kept& kept;
  at::Tensor queries, keys, values;  // of one matrix, so that strides are the same
  at::Tensor farthest_first, times;  // times: empty without gaps

  AttentionInput input(int64_t begin, int64_t length) const {
    const int64_t at = begin * queries.stride(0), width = queries.size(1) / kept.heads;
    return {queries.const_data_ptr<float>() + at,
            keys.const_data_ptr<float>() + at,
            values.const_data_ptr<float>() + at,
            queries.stride(0),
            length,
            kept.heads,
            width,
            1,
            kept.narrow};
  }
  SiluWeights::Bias bias(int64_t history) const {
    const bool with_times = times.numel() > 0;
    return {farthest_first.const_data_ptr<float>(), farthest_first.numel(),
            with_times ? times.const_data_ptr<float>() : nullptr,
            with_times ? kept.between->gaps.data() + kept.between->offsets[history] : nullptr};
  }
};

struct HstuRows : autograd::Function<HstuRows> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& queries,
                            const at::Tensor& keys, const at::Tensor& values,
                            const at::Tensor& positions, const at::Tensor& times,
                            const c10::intrusive_ptr<Kept>& kept) {
    const Numbers n{*kept, queries, keys, values, positions.flip(0).contiguous(), times};
    const int64_t dim = queries.size(1);
    const at::Tensor out = at::empty({queries.size(0), dim}, queries.options());
    float* const to = out.mutable_data_ptr<float>();
    for_each_history(*kept->between->packed, [&](int64_t history, int64_t begin, int64_t length) {
      SiluWeights weights(n.bias(history), length, kept->heads, nullptr);
      attend(n.input(begin, length), weights, to + begin * dim, dim);
    });
    context->save_for_backward({queries, keys, values, n.farthest_first, times});
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return out;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["kept"].toCapsule();
    const Numbers n{
        static_cast<const Kept&>(*capsule), saved[0], saved[1], saved[2], saved[3], saved[4]};
    const at::Tensor gradient = gradients[0].contiguous();
    const int64_t dim = gradient.size(1), distances = n.farthest_first.numel();
    const int64_t histories = std::ssize(n.kept.between->packed->offsets) - 1;
    // Laid out like the input, so that one stride holds for all.
    const auto like_input = [&] {
      return at::empty_strided(gradient.sizes(), {n.queries.stride(0), 1}, gradient.options());
    };
    const at::Tensor to_queries = like_input(), to_keys = like_input(), to_values = like_input();
    const at::Tensor to_bias = at::zeros({histories, distances + kGapBuckets}, gradient.options());
    for_each_history(*n.kept.between->packed, [&](int64_t history, int64_t begin, int64_t length) {
      float* const sums = to_bias.mutable_data_ptr<float>() + history * to_bias.size(1);
      SiluWeights weights(n.bias(history), length, n.kept.heads, sums);
      const int64_t at = begin * n.queries.stride(0);
      attend_backward(
          n.input(begin, length), weights, gradient.const_data_ptr<float>() + begin * dim, dim,
          {to_queries.mutable_data_ptr<float>() + at, to_keys.mutable_data_ptr<float>() + at,
           to_values.mutable_data_ptr<float>() + at});
    });
    const at::Tensor sums = to_bias.sum(0);
    return {to_queries,
            to_keys,
            to_values,
            sums.slice(0, 0, distances).flip(0),
            n.times.numel() > 0 ? sums.slice(0, distances) : at::Tensor(),
            {}};
  }
};

}  // namespace

PackedRelations::PackedRelations(const std::shared_ptr<const PackedHistories>& histories,
                                 const at::Tensor& ages, bool with_gaps)
    : packed(histories) {
  if (!with_gaps) return;
  int64_t elements = 0;
  const auto& begins = packed->offsets;
  for (size_t i = 0; i + 1 < begins.size(); ++i) {
    const int64_t length = begins[i + 1] - begins[i];
    offsets.push_back(elements);
    elements += length * length;
  }
  gaps.resize(elements);
  const at::Tensor known = ages.contiguous();
  const float* const values = known.const_data_ptr<float>();
  for_each_history(*packed, [&](int64_t history, int64_t begin, int64_t length) {
    fill_gaps(values + begin - history, length - 1, gaps.data() + offsets[history]);
  });
}

at::Tensor packed_hstu_attention(const PackedQueries& packed, const HstuBias& bias,
                                 const std::shared_ptr<const PackedRelations>& between) {
  auto kept = c10::make_intrusive<Kept>();
  kept->between = between;
  kept->heads = packed.heads;
  const auto floats = [](const at::Tensor& tensor) { return tensor.to(at::kFloat); };
  const at::Tensor times =
      bias.times.defined() ? bias.times : at::zeros({0}, bias.positions.options());
  return HstuRows::apply(floats(packed.queries), floats(packed.keys), floats(packed.values),
                         bias.positions, times, kept);
}

}  // namespace marquee::models
