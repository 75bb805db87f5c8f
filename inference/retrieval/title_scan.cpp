#include "inference/retrieval/title_scan.h"

namespace marquee::inference {

namespace {

constexpr int64_t kGroupQueries = 128;      // vectors and candidates fit the second-level cache
constexpr int64_t kWorkOfThread = 1 << 20;  // values to read that are worth starting a thread

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

ScanPlan::ScanPlan(const PackedTitles& titles, int64_t queries)
    : queries_(queries), blocks_(titles.blocks()), groups_(divide_up(queries, kGroupQueries)) {
  const int64_t work = titles.titles() * titles.dim() * divide_up(queries, 8);
  const int64_t threads = std::clamp<int64_t>(work / kWorkOfThread, 1, thread_count());
  if (2 * queries >= threads * kGroupQueries) {
    groups_ = divide_up(groups_, threads) * threads;
  } else {
    chunks_ = std::min(threads, blocks_);
  }
}

QueryTiles::QueryTiles(std::span<const Query> queries, int dim, int max_rows)
    : values_(queries.size() * static_cast<size_t>(dim)) {
  const auto count = static_cast<int>(queries.size());
  const auto tile_count = static_cast<int>(divide_up(count, max_rows));
  float* to = values_.data();
  for (int tile = 0; tile < tile_count; ++tile) {
    const int first = count * tile / tile_count;
    const int end = count * (tile + 1) / tile_count;
    tiles_.push_back({first, end - first, to});
    for (size_t d = 0; d < static_cast<size_t>(dim); ++d) {
      for (int q = first; q < end; ++q) *to++ = queries[static_cast<size_t>(q)].user[d];
    }
  }
}

}  // namespace marquee::inference
