#include "models/kernels/softmax_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "models/kernels/kernels.h"
#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

constexpr int64_t kGroupBytes = 8 << 20;  // of scores at a time: in the last cache
constexpr int64_t kRows = 48;             // of a task: scores in the second cache
constexpr int64_t kTitles = 192;          // of a task

struct Pass {
  const SoftmaxRows& p;
  float* states_gradient;
  float* vectors_gradient;

  const Kernels& k = kernels();
  const int64_t width = padded(p.dim);
  const int64_t stride = padded(p.titles);
  const int64_t group = std::clamp<int64_t>(kGroupBytes / (4 * stride), 1, p.rows);
  std::vector<float> by_title = std::vector<float>(padded_panels(p.dim, p.titles));
  std::vector<float> by_dim = std::vector<float>(padded_panels(p.titles, p.dim));
  std::vector<float> scores = std::vector<float>(group * stride);            // [group, stride]
  std::vector<float> weighted = std::vector<float>(padded_panels(group, p.dim));  // states, packed
  std::vector<float> sums = std::vector<float>(p.titles * width);            // [titles, width]
  std::vector<double> losses = std::vector<double>(p.rows);

  double run() {
    pack_panels_of_transpose(by_title.data(), p.vectors, p.dim, p.dim, p.titles);
    pack_panels(by_dim.data(), p.vectors, p.dim, p.titles, p.dim);
    for (int64_t begin = 0; begin < p.rows; begin += group) {
      const int64_t end = std::min(p.rows, begin + group);
      in_tasks(end - begin, kRows, [&](int64_t first, int64_t last) {
        score(begin, first, last - first);
      });
      in_tasks(p.titles, kTitles, [&](int64_t first, int64_t last) {
        add_to_titles(begin, end, first, last);
      });
    }
    for (int64_t title = 0; title < p.titles; ++title) {
      std::copy_n(sums.data() + title * width, p.dim, vectors_gradient + title * p.dim);
    }
    return std::accumulate(losses.begin(), losses.end(), 0.0);
  }

  // Rows first .. first + count of the group that starts at row `begin`: their losses, the gradient
  // of their states, and in `scores` and `weighted` what the gradient of titles is the product of.
  void score(int64_t begin, int64_t first, int64_t count) {
    const float* const states = p.states + (begin + first) * p.dim;
    float* const rows = scores.data() + first * stride;
    k.multiply({.a = states, .a_row = p.dim, .a_column = 1,
                .b = by_title.data(), .b_panel = p.dim * kPanelColumns, .b_row = kPanelColumns,
                .c = rows, .c_row = stride,
                .rows = count, .inner = p.dim, .columns = stride, .add = false});
    float factors[kRows];
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = begin + first + i;
      float* const mine = rows + i * stride;
      const float score = mine[p.targets[row]];
      const float top = k.row_max(mine, p.titles);
      const float sum = k.row_exp(mine, p.titles, top);
      losses[row] = static_cast<double>(p.weights[row]) * (std::log(sum) + (top - score));
      factors[i] = p.weights[row] / sum;
      pack_state(first + i, states + i * p.dim, factors[i]);
    }
    std::vector<float> mean(count * width);
    k.multiply({.a = rows, .a_row = stride, .a_column = 1,
                .b = by_dim.data(), .b_panel = p.titles * kPanelColumns, .b_row = kPanelColumns,
                .c = mean.data(), .c_row = width,
                .rows = count, .inner = p.titles, .columns = width, .add = false});
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = begin + first + i;
      const float* const target = p.vectors + p.targets[row] * p.dim;
      float* const gradient = states_gradient + row * p.dim;
      for (int64_t d = 0; d < p.dim; ++d) {
        gradient[d] = mean[i * width + d] * factors[i] - p.weights[row] * target[d];
      }
    }
  }

  void pack_state(int64_t row, const float* state, float factor) {
    for (int64_t d = 0; d < p.dim; ++d) {
      weighted[d / kPanelColumns * group * kPanelColumns + row * kPanelColumns +
               d % kPanelColumns] = state[d] * factor;
    }
  }

  // What rows begin .. end add to the gradient of titles first .. last.
  void add_to_titles(int64_t begin, int64_t end, int64_t first, int64_t last) {
    k.multiply({.a = scores.data() + first, .a_row = 1, .a_column = stride,
                .b = weighted.data(), .b_panel = group * kPanelColumns, .b_row = kPanelColumns,
                .c = sums.data() + first * width, .c_row = width,
                .rows = last - first, .inner = end - begin, .columns = width, .add = true});
    for (int64_t row = begin; row < end; ++row) {
      if (p.targets[row] < first || p.targets[row] >= last) continue;
      k.add_scaled(sums.data() + p.targets[row] * width, p.states + row * p.dim, -p.weights[row],
                   p.dim);
    }
  }
};

}  // namespace

double softmax_cross_entropy(const SoftmaxRows& problem, float* states_gradient,
                             float* vectors_gradient) {
  return Pass{problem, states_gradient, vectors_gradient}.run();
}

}  // namespace marquee::models
