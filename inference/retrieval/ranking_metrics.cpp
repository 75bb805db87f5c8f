#include "inference/retrieval/ranking_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace marquee::inference {

namespace {

double within(std::span<const double> ranks, int k) {
  return static_cast<double>(std::ranges::count_if(ranks, [k](double rank) { return rank < k; }));
}

size_t most_within(std::span<const double> ranks, int k) {
  return std::min(ranks.size(), static_cast<size_t>(k));
}

// part / whole, cut at 1; 0 of nothing is 0.
double share(double part, double whole) { return whole > 0 ? std::min(1.0, part / whole) : 0.0; }

double gain(double rank) { return 1.0 / std::log2(rank + 2.0); }

}  // namespace

double hit_rate(std::span<const double> ranks, int k) { return within(ranks, k) > 0 ? 1.0 : 0.0; }

double precision(std::span<const double> ranks, int k) { return share(within(ranks, k), k); }

double recall(std::span<const double> ranks, int k) {
  return share(within(ranks, k), static_cast<double>(ranks.size()));
}

double reciprocal_rank(std::span<const double> ranks, int k) {
  if (within(ranks, k) == 0) return 0;
  return 1.0 / (std::ranges::min(ranks) + 1.0);
}

double ndcg(std::span<const double> ranks, int k) {
  double gained = 0;
  for (const double rank : ranks) gained += rank < k ? gain(rank) : 0;
  double ideal = 0;
  for (size_t i = 0; i < most_within(ranks, k); ++i) ideal += gain(static_cast<double>(i));
  return share(gained, ideal);
}

double average_precision(std::span<const double> ranks, int k) {
  double sum = 0;
  for (const double rank : ranks) {
    if (rank >= k) continue;
    const auto up_to = std::ranges::count_if(ranks, [rank](double other) { return other <= rank; });
    sum += share(static_cast<double>(up_to), rank + 1.0);
  }
  return share(sum, static_cast<double>(most_within(ranks, k)));
}

}  // namespace marquee::inference
