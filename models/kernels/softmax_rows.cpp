#include "models/kernels/softmax_rows.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "models/kernels/kernels.h"
#include "models/kernels/panels.h"
#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

constexpr int64_t kGroupBytes = 8 << 20;            // of scores at a time: in the last cache
constexpr int64_t kTaskBytes = 1 << 20;             // of scores of a task: in the second cache
constexpr int64_t kLeastRows = 24, kMostRows = 48;  // of a task
constexpr int64_t kTasks = 4;                       // of a group at least
constexpr int64_t kTitles = 192;                    // of a task

struct Pass {
  const SoftmaxRows& p;
  float* states_gradient;
  float* vectors_gradient;

  const Kernels& k = kernels(p.narrow);
  const int64_t width = padded(p.dim);
  const int64_t stride = padded(p.titles);
  // Of a task, and of a group of tasks: as many for each of two, four or eight threads.
  const int64_t rows = std::clamp(kTaskBytes / (4 * stride), kLeastRows, kMostRows);
  const int64_t group =
      rows * kTasks * std::max<int64_t>(1, kGroupBytes / (4 * stride) / (rows * kTasks));
  Panels by_title = Panels(p.dim, p.titles);
  Panels by_dim = Panels(p.titles, p.dim);
  Panels weighted = Panels(group, p.dim);  // the states of a group
  const std::unique_ptr<float[]> scores =  // [group, stride]
      std::make_unique_for_overwrite<float[]>(group * stride);
  std::vector<float> sums = std::vector<float>(p.titles * width);  // [titles, width]
  std::vector<double> losses = std::vector<double>(p.rows);

  double run() {
    in_tasks(p.titles, kTitles, [&](int64_t first, int64_t last) {
      by_title.fill_transposed({p.vectors, p.dim}, first, last);
      for (int64_t title = first; title < last; ++title) {
        by_dim.set_row(title, p.vectors + title * p.dim, 1);
      }
    });
    for (int64_t begin = 0; begin < p.rows; begin += group) {
      const int64_t end = std::min(p.rows, begin + group);
      in_tasks(end - begin, rows,
               [&](int64_t first, int64_t last) { score(begin, first, last - first); });
      in_tasks(p.titles, kTitles,
               [&](int64_t first, int64_t last) { add_to_titles(begin, end, first, last); });
    }
    in_tasks(p.titles, kTitles, [&](int64_t first, int64_t last) {
      for (int64_t title = first; title < last; ++title) {
        std::copy_n(sums.data() + title * width, p.dim, vectors_gradient + title * p.dim);
      }
    });
    return std::accumulate(losses.begin(), losses.end(), 0.0);
  }

  // Rows first .. first + count of the group that starts at row `begin`: their losses, the gradient
  // of their states, and in `scores` and `weighted` what the gradient of titles is the product of.
  void score(int64_t begin, int64_t first, int64_t count) {
    const float* const states = p.states + (begin + first) * p.dim;
    float* const of_titles = scores.get() + first * stride;
    k.multiply(
        {{states, p.dim, 1}, by_title.right(), {of_titles, stride}, count, p.dim, stride, false});
    float factors[kMostRows];
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = begin + first + i;
      float* const mine = of_titles + i * stride;
      const float score = mine[p.targets[row]];
      const float top = k.row_max(mine, p.titles);
      const float sum = k.row_exp(mine, p.titles, top);
      losses[row] = static_cast<double>(p.weights[row]) * (std::log(sum) + (top - score));
      factors[i] = p.weights[row] / sum;
      weighted.set_row(first + i, states + i * p.dim, factors[i]);
    }
    std::vector<float> mean(count * width);
    k.multiply({{of_titles, stride, 1},
                by_dim.right(),
                {mean.data(), width},
                count,
                p.titles,
                width,
                false});
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = begin + first + i;
      const float* const target = p.vectors + p.targets[row] * p.dim;
      float* const gradient = states_gradient + row * p.dim;
      for (int64_t d = 0; d < p.dim; ++d) {
        gradient[d] = mean[i * width + d] * factors[i] - p.weights[row] * target[d];
      }
    }
  }

  // What rows begin .. end add to the gradient of titles first .. last.
  void add_to_titles(int64_t begin, int64_t end, int64_t first, int64_t last) {
    k.multiply({{scores.get() + first, 1, stride},
                weighted.right(),
                {sums.data() + first * width, width},
                last - first,
                end - begin,
                width,
                true});
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
