// Exact retrieval beside the limits of the machine it runs on, as a Markdown table:
//
//   retrieval [seconds per measurement, default 1]
//   retrieval TITLES DIM     for bench/retrieval_peers.py: for each line "threads batch seconds" on
//                            stdin prints the median seconds of a search
//
// A search cannot be faster than reading the titles once, nor than its multiply-adds. Both limits
// are measured in the same run: a pass that only adds up the same bytes, and multiply-adds on
// registers. "of limit" is the share of the nearer one that was reached.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/retrieval/top_k.h"

namespace {

using namespace marquee;
using namespace marquee::inference;

constexpr int kBest = 100;

// The median time of one call of work(), in seconds.
template <typename Work>
double time_of(double budget, Work work) {
  using Clock = std::chrono::steady_clock;
  work();
  std::vector<double> times;
  for (double total = 0; total < budget || times.size() < 5; total += times.back()) {
    const auto start = Clock::now();
    work();
    times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  const auto middle = times.begin() + static_cast<int64_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return *middle;
}

// Keeps the compiler from leaving out what computes `result`.
void use(const void* result) { asm volatile("" : : "r"(result) : "memory"); }

#if defined(__x86_64__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif
using Lanes = float __attribute__((vector_size(64)));

FOR_EVERY_PROCESSOR void add_up(const float* values, int64_t count) {
  Lanes sums[8] = {};
  for (int64_t i = 0; i + 128 <= count; i += 128) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) {
      Lanes lanes;
      std::memcpy(&lanes, values + i + 16 * j, sizeof lanes);
      sums[j] += lanes;
    }
  }
  use(sums);
}

FOR_EVERY_PROCESSOR void multiply_add(int64_t times) {
  Lanes factor = {};
  Lanes sums[12] = {};
  use(&factor);  // what it points at may have changed: no two sums are known to be equal
  use(sums);
  for (int64_t i = 0; i < times; ++i) {
#pragma GCC unroll 12
    for (Lanes& sum : sums) sum = sum * factor + factor;
  }
  use(sums);
}

struct RandomTitles {
  int64_t titles;
  int dim;
  double bytes() const { return static_cast<double>(titles) * dim * sizeof(float); }
};

struct Limits {
  double bytes_per_second;
  double flops;
};

Limits measure_limits(const RandomTitles& catalogue, int threads, double budget) {
  constexpr size_t kHugePage = size_t{1} << 21;
  const auto count = catalogue.titles * catalogue.dim;
  const size_t bytes = (static_cast<size_t>(count) * sizeof(float) / kHugePage + 1) * kHugePage;
  const std::unique_ptr<float, decltype(&std::free)> values(
      static_cast<float*>(std::aligned_alloc(kHugePage, bytes)), std::free);
  madvise(values.get(), bytes, MADV_HUGEPAGE);
  std::fill_n(values.get(), count, 1.0F);
  const double read = time_of(budget, [&] {
    parallel_for(count, count / threads,
                 [&](int64_t first, int64_t end) { add_up(values.get() + first, end - first); });
  });
  constexpr int64_t kTimes = 2'000'000;
  const double compute = time_of(
      budget, [&] { parallel_for(threads, 1, [](int64_t, int64_t) { multiply_add(kTimes); }); });
  return {catalogue.bytes() / read, 2.0 * 16 * 12 * kTimes * threads / compute};
}

std::vector<float> normal_values(const char* stream, int64_t count) {
  RandomStream random(1, stream);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

void print_row(const RandomTitles& catalogue, int threads, int batch, double seconds,
               const Limits& limits) {
  const double flop = catalogue.bytes() / 2 * batch;
  const double limit = std::max(catalogue.bytes() / limits.bytes_per_second, flop / limits.flops);
  std::printf("| %s × %d | %d | %d | %s | %.1f | %.1f of %.1f | %.0f of %.0f | %.0f %% |\n",
              grouped(catalogue.titles).c_str(), catalogue.dim, threads, batch,
              grouped(static_cast<int64_t>(batch / seconds)).c_str(), seconds / batch * 1e6,
              catalogue.bytes() / seconds / 1e9, limits.bytes_per_second / 1e9,
              flop / seconds / 1e9, limits.flops / 1e9, 100 * limit / seconds);
  std::fflush(stdout);
}

// A catalogue and 256 queries of normal numbers.
class Searches {
 public:
  explicit Searches(const RandomTitles& catalogue)
      : index_(normal_values("titles", (catalogue.titles + 1) * catalogue.dim), catalogue.dim),
        users_(normal_values("members", int64_t{256} * catalogue.dim)) {
    const auto dim = static_cast<size_t>(catalogue.dim);
    for (size_t i = 0; i < 256; ++i) {
      queries_.push_back({std::span(users_).subspan(i * dim, dim), {}, {}});
    }
  }

  // Seconds of one search of the first `batch` queries.
  double time(int threads, int batch, double budget) const {
    set_thread_count(threads);
    const auto queries = std::span(queries_).first(static_cast<size_t>(batch));
    return time_of(budget, [&] { use(index_.search(queries, kBest).data()); });
  }

 private:
  TitleIndex index_;
  std::vector<float> users_;
  std::vector<Query> queries_;
};

void measure(const RandomTitles& catalogue, double budget) {
  const Searches searches(catalogue);
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    const Limits limits = measure_limits(catalogue, threads, budget);
    for (const int batch : {1, 16, 256}) {
      print_row(catalogue, threads, batch, searches.time(threads, batch, budget), limits);
    }
  }
}

void answer_requests(const RandomTitles& catalogue) {
  const Searches searches(catalogue);
  int threads = 0;
  int batch = 0;
  double budget = 0;
  while (std::scanf("%d %d %lf", &threads, &batch, &budget) == 3) {
    std::printf("%.9f\n", searches.time(threads, batch, budget));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3) {
    answer_requests({std::atoll(arguments[1]), std::atoi(arguments[2])});
    return 0;
  }
  const double budget = count > 1 ? std::atof(arguments[1]) : 1.0;
  std::printf("Best %d of all titles, instruction set %s.\n\n", kBest,
              name(best_instruction_set()));
  std::printf(
      "| titles × dim | threads | batch | queries/s | µs a query | GB/s | GFLOP/s | of limit |\n"
      "|---|---|---|---|---|---|---|---|\n");
  measure({62'400, 64}, budget);
  measure({1'000'000, 128}, budget);
}
