#include "models/layers/gather.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "models/kernels/kernels.h"
#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

namespace autograd = torch::autograd;

constexpr int64_t kRows = 256;  // of a task

// 0 .. count - 1 by the numbers there, in their order where those are equal.
std::vector<int64_t> by_number(const int64_t* numbers, int64_t count, int64_t rows) {
  std::vector<int64_t> begins(rows + 1), sorted(count);
  for (int64_t i = 0; i < count; ++i) ++begins[numbers[i] + 1];
  for (int64_t row = 0; row < rows; ++row) begins[row + 1] += begins[row];
  for (int64_t i = 0; i < count; ++i) sorted[begins[numbers[i]]++] = i;
  return sorted;
}

// to, a table's gradient, with what is added to its rows: add(to, i) for the row numbers[i].
template <typename Add>
void add_by_row(const at::Tensor& numbers, const at::Tensor& to, const Add& add) {
  const int64_t* const of = numbers.const_data_ptr<int64_t>();
  const int64_t count = numbers.numel(), dim = to.size(1);
  float* const table = to.mutable_data_ptr<float>();
  const std::vector<int64_t> sorted = by_number(of, count, to.size(0));
  in_tasks(count, kRows, [&](int64_t begin, int64_t end) {
    // A row's numbers are all of one task: that in which they begin.
    const auto same = [&](int64_t i) { return i > 0 && of[sorted[i]] == of[sorted[i - 1]]; };
    while (begin < end && same(begin)) ++begin;
    if (begin == end) return;
    for (int64_t i = begin; i < count && (i < end || same(i)); ++i) {
      add(table + of[sorted[i]] * dim, sorted[i]);
    }
  });
}

struct Gather : autograd::Function<Gather> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& table,
                            const at::Tensor& numbers) {
    context->save_for_backward({numbers});
    context->saved_data["rows"] = table.size(0);
    const int64_t count = numbers.numel(), dim = table.size(1);
    const at::Tensor out = at::empty({count, dim}, table.options());
    const int64_t* const of = numbers.const_data_ptr<int64_t>();
    const float* const from = table.const_data_ptr<float>();
    float* const to = out.mutable_data_ptr<float>();
    in_tasks(count, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) std::copy_n(from + of[i] * dim, dim, to + i * dim);
    });
    return out;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const at::Tensor numbers = context->get_saved_variables()[0];
    const int64_t rows = context->saved_data["rows"].toInt();
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor out = at::zeros({rows, gradient.size(1)}, gradient.options());
    const float* const from = gradient.const_data_ptr<float>();
    const int64_t dim = gradient.size(1);
    add_by_row(numbers, out,
               [&](float* to, int64_t i) { kernels().add_scaled(to, from + i * dim, 1, dim); });
    return {out, {}};
  }
};

struct WeightedBags : autograd::Function<WeightedBags> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& table,
                            const at::Tensor& numbers, const at::Tensor& weights) {
    context->save_for_backward({numbers, weights});
    context->saved_data["rows"] = table.size(0);
    const int64_t bags = numbers.size(0), columns = numbers.size(1), dim = table.size(1);
    const at::Tensor out = at::zeros({bags, dim}, table.options().requires_grad(false));
    const int64_t* const of = numbers.const_data_ptr<int64_t>();
    const float* const shares = weights.const_data_ptr<float>();
    const float* const from = table.const_data_ptr<float>();
    float* const to = out.mutable_data_ptr<float>();
    in_tasks(bags, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * columns; i < end * columns; ++i) {
        if (of[i] == 0) continue;
        kernels().add_scaled(to + i / columns * dim, from + of[i] * dim, shares[i], dim);
      }
    });
    return out;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const at::Tensor numbers = context->get_saved_variables()[0];
    const at::Tensor weights = context->get_saved_variables()[1];
    const int64_t rows = context->saved_data["rows"].toInt();
    const at::Tensor gradient = gradients[0].contiguous();
    const int64_t columns = numbers.size(1), dim = gradient.size(1);
    const at::Tensor out = at::zeros({rows, dim}, gradient.options());
    const int64_t* const of = numbers.const_data_ptr<int64_t>();
    const float* const shares = weights.const_data_ptr<float>();
    const float* const from = gradient.const_data_ptr<float>();
    add_by_row(numbers, out, [&](float* to, int64_t i) {
      if (of[i] != 0) kernels().add_scaled(to, from + i / columns * dim, shares[i], dim);
    });
    return {out, {}, {}};
  }
};

bool is_ours(const at::Tensor& table) {
  return table.is_cpu() && table.scalar_type() == at::kFloat && table.requires_grad() &&
         at::GradMode::is_enabled();
}

}  // namespace

at::Tensor gather(const at::Tensor& table, const at::Tensor& numbers) {
  if (!is_ours(table)) return at::embedding(table, numbers);
  const at::Tensor rows = Gather::apply(table.contiguous(), numbers.flatten().contiguous());
  return numbers.dim() == 1 ? rows : rows.unflatten(0, numbers.sizes());
}

at::Tensor weighted_bags(const at::Tensor& table, const at::Tensor& numbers,
                         const at::Tensor& weights) {
  if (is_ours(table)) {
    return WeightedBags::apply(table.contiguous(), numbers.contiguous(),
                               weights.to(at::kFloat).contiguous());
  }
  // The number of columns is cumulated and not read: this is traced for export.
  const at::Tensor ends = at::ones_like(numbers).sum(1).cumsum(0);
  return std::get<0>(at::embedding_bag(table, numbers.flatten(),
                                       ends - at::ones_like(numbers).sum(1),
                                       /*scale_grad_by_freq=*/false, /*mode=sum*/ 0,
                                       /*sparse=*/false, weights.flatten(),
                                       /*include_last_offset=*/false, /*padding_idx=*/0));
}

}  // namespace marquee::models
