#include "models/layers/packed_histories.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "models/kernels/attention_rows.h"
#include "models/kernels/tasks.h"
#include "models/layers/dropout.h"
#include "models/layers/narrow.h"

namespace marquee::models {

namespace {

namespace autograd = torch::autograd;

at::Tensor tensor_of(std::vector<int64_t>& values) {
  return at::from_blob(values.data(), {std::ssize(values)}, at::kLong).clone();
}

constexpr int64_t kMostHeads = 64;  // as configurations have it

// Softmax, then dropout; the seed of a history and head comes from that of the step.
class SoftmaxWeights : public AttentionWeights {
 public:
  // first_part: of as many parts of the dropout as there are heads. logs: [heads, length], of the
  // sums of exponentials; written forward, read backward.
  SoftmaxWeights(const Dropout& dropout, int64_t first_part, int64_t length, float* logs)
      : dropout_(dropout), first_part_(first_part), length_(length), logs_(logs) {}

  void forward(int64_t head, int64_t row, float* scores) override {
    const int64_t count = row + 1;
    const float top = kernels().row_max(scores, count);
    const float sum = kernels().row_exp(scores, count, top);
    logs_[head * length_ + row] = top + std::log(sum);
    drop(head, row, scores, scores, 1 / sum);
  }

  void backward(int64_t head, int64_t row, float* scores, float* weights,
                float* gradient) override {
    const int64_t count = row + 1;
    kernels().row_exp(scores, count, logs_[head * length_ + row]);
    drop(head, row, weights, scores, 1);
    const float mean = kernels().dot(weights, gradient, count);
    drop(head, row, gradient, gradient, 1);
    kernels().softmax_backward(gradient, scores, mean, count);
  }

 private:
  void drop(int64_t head, int64_t row, float* out, const float* x, float scale) const {
    Dropout dropout = dropout_of_part(dropout_, static_cast<uint32_t>(first_part_ + head));
    dropout.scale *= scale;
    dropout.first = static_cast<uint32_t>(row * length_);
    kernels().drop(out, x, row + 1, dropout);
  }

  Dropout dropout_;
  int64_t first_part_, length_;
  float* logs_;
};

// What the gradient needs besides tensors.
struct Kept : torch::CustomClassHolder {
  std::shared_ptr<const PackedHistories> packed;
  int64_t heads = 0;
  Dropout dropout;
  bool narrow = products_are_narrow();
};

AttentionInput input_of(const at::Tensor& qkv, int64_t begin, int64_t length, const Kept& kept) {
  const int64_t stride = qkv.size(1), dim = stride / 3, heads = kept.heads;
  const float* const first = qkv.const_data_ptr<float>() + begin * stride;
  const auto width = static_cast<float>(dim) / static_cast<float>(heads);
  return {first, first + dim, first + 2 * dim,      stride,     length,
          heads, dim / heads, 1 / std::sqrt(width), kept.narrow};
}

struct CausalAttention : autograd::Function<CausalAttention> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& qkv,
                            const c10::intrusive_ptr<Kept>& kept) {
    const int64_t dim = qkv.size(1) / 3, heads = kept->heads;
    const at::Tensor out = at::empty({qkv.size(0), dim}, qkv.options());
    const at::Tensor logs = at::empty({qkv.size(0) * heads}, qkv.options());
    float* const to = out.mutable_data_ptr<float>();
    float* const sums = logs.mutable_data_ptr<float>();
    for_each_history(*kept->packed, [&](int64_t history, int64_t begin, int64_t length) {
      SoftmaxWeights weights(kept->dropout, history * kMostHeads, length, sums + begin * heads);
      attend(input_of(qkv, begin, length, *kept), weights, to + begin * dim, dim);
    });
    context->save_for_backward({qkv, logs});
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return out;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const auto capsule = context->saved_data["kept"].toCapsule();
    const auto& kept = static_cast<const Kept&>(*capsule);
    const at::Tensor qkv = context->get_saved_variables()[0];
    const at::Tensor logs = context->get_saved_variables()[1];
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor out = at::empty_like(qkv);
    const int64_t dim = gradient.size(1);
    const float* const from = gradient.const_data_ptr<float>();
    float* const sums = logs.mutable_data_ptr<float>();
    float* const to = out.mutable_data_ptr<float>();
    for_each_history(*kept.packed, [&](int64_t history, int64_t begin, int64_t length) {
      SoftmaxWeights weights(kept.dropout, history * kMostHeads, length, sums + begin * kept.heads);
      float* const first = to + begin * 3 * dim;
      attend_backward(input_of(qkv, begin, length, kept), weights, from + begin * dim, dim,
                      {first, first + dim, first + 2 * dim});
    });
    return {out, {}};
  }
};

}  // namespace

PackedHistories::PackedHistories(const Histories& histories)
    : padded_length(histories.titles.size(1) + 1) {
  const int64_t batch = histories.titles.size(0);
  const at::Tensor counts = histories.titles.gt(0).sum(1).contiguous();
  const int64_t* const of = counts.const_data_ptr<int64_t>();
  std::vector<int64_t> all, sources, numbers;
  offsets.push_back(0);
  for (int64_t row = 0; row < batch; ++row) {
    sources.push_back(0);
    numbers.push_back(0);
    for (int64_t event = 0; event < of[row]; ++event) {
      all.push_back(row * (padded_length - 1) + event);
      sources.push_back(std::ssize(all));
      numbers.push_back(event + 1);
    }
    offsets.push_back(offsets.back() + of[row] + 1);
  }
  events = tensor_of(all);
  order = tensor_of(sources);
  places = tensor_of(numbers);
}

at::Tensor PackedHistories::rows_of(const at::Tensor& positions) const {
  const at::Tensor from = positions.contiguous(), rows = at::empty_like(from);
  const int64_t* const values = from.const_data_ptr<int64_t>();
  int64_t* const to = rows.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < from.numel(); ++i) {
    to[i] = offsets[values[i] / padded_length] + values[i] % padded_length;
  }
  return rows;
}

void for_each_history(const PackedHistories& packed,
                      const std::function<void(int64_t, int64_t, int64_t)>& body) {
  in_tasks(std::ssize(packed.offsets) - 1, 1, [&](int64_t i, int64_t) {
    body(i, packed.offsets[i], packed.offsets[i + 1] - packed.offsets[i]);
  });
}

at::Tensor packed_causal_attention(const at::Tensor& qkv,
                                   const std::shared_ptr<const PackedHistories>& packed,
                                   int64_t heads, double dropout) {
  auto kept = c10::make_intrusive<Kept>();
  kept->packed = packed;
  kept->heads = heads;
  kept->dropout = draw_dropout(dropout);
  return CausalAttention::apply(qkv.to(at::kFloat).contiguous(), kept);
}

}  // namespace marquee::models
