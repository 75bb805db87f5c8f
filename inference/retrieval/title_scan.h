// One pass over the titles for many queries: how it is divided among threads, and the loop over
// blocks and tiles that calls the kernel.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/threads.h"
#include "inference/retrieval/packed_titles.h"

namespace marquee::inference {

// A run of queries over a run of blocks; chunk counts the runs of blocks.
struct ScanPart {
  int64_t first_query;
  int64_t end_query;
  int64_t chunk;
  int64_t first_block;
  int64_t end_block;
};

// Many queries are divided between threads; few share the reading of the titles, in chunks.
class ScanPlan {
 public:
  ScanPlan(const PackedTitles& titles, int64_t queries);

  int64_t chunks() const { return chunks_; }

  // Runs body(ScanPart) for every part, on several threads where there is work for them.
  template <typename Body>
  void for_each_part(Body body) const {
    parallel_for(groups_ * chunks_, 1, [&](int64_t index, int64_t) {
      const int64_t group = index / chunks_;
      const int64_t chunk = index % chunks_;
      body(ScanPart{queries_ * group / groups_, queries_ * (group + 1) / groups_, chunk,
                    blocks_ * chunk / chunks_, blocks_ * (chunk + 1) / chunks_});
    });
  }

 private:
  int64_t queries_;
  int64_t blocks_;
  int64_t groups_;
  int64_t chunks_ = 1;
};

// The queries of a part, packed for the kernel in tiles of nearly equal numbers of rows.
class QueryTiles {
 public:
  struct Tile {
    int first_row;
    int rows;
    const float* values;  // [dim, rows]
  };

  QueryTiles(std::span<const Query> queries, int dim, int max_rows);

  const std::vector<Tile>& tiles() const { return tiles_; }

 private:
  std::vector<float> values_;
  std::vector<Tile> tiles_;
};

// What the kernel found in one step: see ScanKernel::scan.
struct ScanStep {
  int64_t first_block;
  int blocks;
  int first_row;
  int rows;
  uint32_t hits;
  float* scores;
  const uint32_t* masks;
};

// Scores every tile against the part's blocks in ascending order and calls visit(ScanStep).
// thresholds: one a query, which the visit may raise. step_blocks: blocks scored between visits.
template <typename Visit>
void scan_titles(const PackedTitles& titles, const ScanPart& part, const QueryTiles& queries,
                 const float* thresholds, int step_blocks, Visit visit) {
  constexpr int kMostRows = 16;
  alignas(64) float scores[kMostRows * kStepTitles];
  uint32_t masks[kMostRows * kStepBlocks];
  const ScanKernel& kernel = titles.kernel();
  for (int64_t block = part.first_block; block < part.end_block; block += step_blocks) {
    const auto blocks = static_cast<int>(std::min<int64_t>(step_blocks, part.end_block - block));
    for (const QueryTiles::Tile& tile : queries.tiles()) {
      const uint32_t hits = kernel.scan(titles.block(block), blocks, titles.dim(), tile.values,
                                        tile.rows, thresholds + tile.first_row, scores, masks);
      visit(ScanStep{block, blocks, tile.first_row, tile.rows, hits, scores, masks});
    }
  }
}

// Calls visit(i) for every set bit i.
template <typename Visit>
void for_each_bit(uint32_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(std::countr_zero(bits));
}

}  // namespace marquee::inference
