// What products of matrices in the caches reach, of the sizes that training has: GFLOP a second on
// one thread and on all, and PyTorch's product of as many rows as a step has. Writes a table in
// Markdown.
//   products [THREADS]     default: 2
#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <chrono>
#include <iostream>
#include <vector>

#include "core/random.h"
#include "core/text.h"
#include "models/kernels/kernels.h"
#include "models/kernels/panels.h"
#include "models/kernels/tasks.h"

namespace {

using namespace marquee;
using namespace marquee::models;

struct Size {
  const char* what;
  int64_t rows, inner, columns;
};

double gflop_per_second(const Size& size, bool narrow, int64_t tasks) {
  RandomStream random(1, "products");
  const auto values = [&](int64_t count) {
    std::vector<float> all(static_cast<size_t>(count));
    for (float& value : all) value = static_cast<float>(random.normal());
    return all;
  };
  const std::vector<float> a = values(size.rows * size.inner),
                           b = values(size.inner * size.columns);
  const Panels panels = Panels::of({b.data(), size.columns}, size.inner, size.columns);
  const double flop = 2.0 * static_cast<double>(size.rows * size.inner * size.columns);
  const auto repetitions = static_cast<int64_t>(2e9 / flop) + 1;
  const auto start = std::chrono::steady_clock::now();
  in_tasks(tasks, 1, [&](int64_t, int64_t) {
    std::vector<float> c(static_cast<size_t>(size.rows * size.columns));
    for (int64_t i = 0; i < repetitions; ++i) {
      kernels(narrow).multiply({{a.data(), size.inner, 1},
                                panels.right(),
                                {c.data(), size.columns},
                                size.rows,
                                size.inner,
                                size.columns,
                                false});
    }
  });
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(repetitions * tasks) * flop / passed.count() / 1e9;
}

double gflop_per_second_of_pytorch(const Size& size) {
  constexpr int64_t kRows = 8192;
  const at::Tensor a = at::randn({kRows, size.inner}), b = at::randn({size.inner, size.columns});
  at::Tensor c = at::mm(a, b);
  const double flop = 2.0 * static_cast<double>(kRows * size.inner * size.columns);
  const auto repetitions = static_cast<int64_t>(4e10 / flop) + 1;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < repetitions; ++i) at::mm_out(c, a, b);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(repetitions) * flop / passed.count() / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t threads = argc > 1 ? std::atoll(argv[1]) : 2;
  at::set_num_threads(static_cast<int>(threads));
  std::cout << "| product | floats, one thread | " << threads
            << " threads | bfloat16, one thread | " << threads
            << " threads | PyTorch, floats |\n|---|---|---|---|---|---|\n";
  for (const Size& size :
       {Size{"scores of titles", 48, 128, 3712}, Size{"gradient of states", 48, 3712, 128},
        Size{"a linear layer", 96, 128, 384}, Size{"attention", 24, 64, 208},
        Size{"pairs", 48, 64, 32}}) {
    std::cout << "| " << size.what << ", " << size.rows << " × " << size.inner << " × "
              << size.columns;
    for (const bool narrow : {false, true}) {
      for (const int64_t tasks : {int64_t{1}, threads}) {
        std::cout << " | " << fixed(gflop_per_second(size, narrow, tasks), 0);
      }
    }
    std::cout << " | " << fixed(gflop_per_second_of_pytorch(size), 0) << " |\n";
  }
}
