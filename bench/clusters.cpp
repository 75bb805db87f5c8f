// Approximate search by clusters, for bench/approximate_peers.py:
//
//   clusters VECTORS DIM QUERIES SHARE...    files of floats, [rows, DIM]; row 0 of VECTORS is
//   unread
//
// Prints, for each share, "seconds to build, µs a query on one thread, recall@100".
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "core/file.h"
#include "inference/retrieval/title_clusters.h"

namespace {

using namespace marquee;
using namespace marquee::inference;
using Clock = std::chrono::steady_clock;

constexpr int kBest = 100;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void measure(std::span<const float> vectors, int dim, std::span<const Query> queries,
             const TitleIndex& exact, double share) {
  const auto start = Clock::now();
  const TitleClusters clusters(vectors, dim, share);
  const double built = seconds_since(start);
  for (const Query& query : queries) clusters.search(exact, query, kBest);  // warm
  const auto began = Clock::now();
  for (const Query& query : queries) clusters.search(exact, query, kBest);
  const double each = seconds_since(began) / static_cast<double>(queries.size());
  std::printf("%.2f %.1f %.4f\n", built, each * 1e6, clusters.recall(exact, queries, kBest));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) {
    std::fprintf(stderr, "clusters VECTORS DIM QUERIES SHARE...\n");
    return 2;
  }
  const MappedFile vectors_file(arguments[1]), queries_file(arguments[3]);
  const int dim = std::atoi(arguments[2]);
  const auto vectors = vectors_file.as<float>(), users = queries_file.as<float>();
  std::vector<Query> queries;
  for (size_t at = 0; at + static_cast<size_t>(dim) <= users.size();
       at += static_cast<size_t>(dim)) {
    queries.push_back({users.subspan(at, static_cast<size_t>(dim)), {}, {}});
  }
  const TitleIndex exact(vectors, dim);
  for (int i = 4; i < count; ++i) {
    measure(vectors, dim, queries, exact, std::atof(arguments[i]));
  }
}
