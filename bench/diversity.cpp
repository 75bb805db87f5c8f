// How long it takes to make one list that is varied, on one thread: microseconds, the median of 200
// runs, from vectors of length 1. Writes a table in Markdown.
//   diversity [CANDIDATES [DIMENSIONS [PLACES]]]     default: 1000 64 50
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <vector>

#include "core/random.h"
#include "core/text.h"
#include "inference/diversity/selection.h"

namespace {

using namespace marquee;
using namespace marquee::inference;

constexpr int kRuns = 200;

double median_microseconds(const std::function<std::vector<uint32_t>()>& choose) {
  std::vector<double> times;
  size_t chosen = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    chosen += choose().size();
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  if (chosen == 0) std::abort();
  std::ranges::nth_element(times, times.begin() + kRuns / 2);
  return times[kRuns / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, size_t usual) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : usual;
  };
  const size_t n = argument(1, 1'000), width = argument(2, 64), k = argument(3, 50);
  RandomStream random(1, "diversity");
  std::vector<float> relevance(n), quality(n), values(n * width);
  for (size_t i = 0; i < n; ++i) {
    relevance[i] = static_cast<float>(random.uniform());
    quality[i] = std::exp(relevance[i]);
  }
  std::ranges::sort(relevance, std::greater{});
  std::ranges::sort(quality, std::greater{});
  for (size_t row = 0; row < n; ++row) {
    float square = 0;
    for (size_t i = 0; i < width; ++i) {
      float& value = values[row * width + i];
      value = static_cast<float>(random.normal());
      square += value * value;
    }
    for (size_t i = 0; i < width; ++i) values[row * width + i] /= std::sqrt(square);
  }
  const VectorTable vectors(values, width);
  const auto print = [&](const char* name, const std::function<std::vector<uint32_t>()>& choose) {
    std::cout << "| " << name << " | " << fixed(median_microseconds(choose), 1) << " |\n";
  };
  std::cout << "| " << n << " candidates, " << width << " dimensions, " << k
            << " places | microseconds |\n|---|---|\n";
  print("mmr", [&] { return marginal_relevance(relevance, vectors, k, 0.5F); });
  print("msd", [&] { return sum_of_distances(relevance, vectors, k, 0.5F); });
  print("dpp", [&] { return determinantal(quality, vectors, k); });
  print("ssd", [&] { return sliding_spectrum(relevance, vectors, k, k, 0.5F); });
}
