#include "inference/retrieval/coarse_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "inference/retrieval/near_best.h"
#include "inference/retrieval/title_filter.h"

namespace marquee::inference {

namespace {

using Found = std::vector<ScoredTitle>;

constexpr float kLowest = -std::numeric_limits<float>::infinity();

// The queries of a part that have a coarse form, packed for the kernel in tiles.
struct CoarseTile {
  size_t first_row;
  int rows;
  std::vector<int32_t> values;  // as the kernel takes them (scan.h), four bytes each
};

std::vector<CoarseTile> tiles_of(std::span<const CoarseQuery> queries, size_t groups,
                                 const CoarseKernel& kernel) {
  std::vector<CoarseTile> tiles;
  const auto most = static_cast<size_t>(kernel.max_rows);
  const size_t count = (queries.size() + most - 1) / most;
  for (size_t i = 0; i < count; ++i) {
    const size_t first = queries.size() * i / count, end = queries.size() * (i + 1) / count;
    const size_t rows = end - first;
    CoarseTile tile{first, static_cast<int>(rows), {}};
    tile.values.resize(groups * (kernel.by_row ? most : rows));
    for (size_t g = 0; g < groups; ++g) {
      for (size_t r = 0; r < rows; ++r) {
        const int8_t* four = queries[first + r].values.data() + 4 * g;
        tile.values[kernel.by_row ? r * groups + g : g * rows + r] =
            std::bit_cast<int32_t>(std::array<int8_t, 4>{four[0], four[1], four[2], four[3]});
      }
    }
    tiles.push_back(std::move(tile));
  }
  return tiles;
}

Found best_of(const PackedTitles& titles, const Query& query, Found best, int64_t k) {
  titles.score(query.user, best);
  const auto end = best.begin() + std::min<std::ptrdiff_t>(k, std::ssize(best));
  std::partial_sort(best.begin(), end, best.end(), ranks_before);
  best.erase(end, best.end());
  return best;
}

// A scan of the part for the queries that have a coarse form.
class CoarseScan {
 public:
  CoarseScan(const PackedTitles& titles, const ScanPart& part, int64_t k)
      : titles_(titles), part_(part), k_(k) {}

  void add(const Query& query, CoarseQuery coarse) {
    filters_.emplace_back(query, titles_.titles(), part_.first_block);
    near_.emplace_back(k_, coarse.margin);
    offsets_.push_back(coarse.offset);
    thresholds_.push_back(kLowest);
    queries_.push_back(std::move(coarse));
  }

  void run() {
    const CoarseTitles& coarse = *titles_.coarse();
    const CoarseKernel& kernel = titles_.coarse_kernel(queries_.size());
    constexpr int kMostRows = 16;
    alignas(64) float scores[kMostRows * kStepTitles];
    alignas(64) uint32_t masks[kMostRows * kStepBlocks];
    const auto tiles = tiles_of(queries_, static_cast<size_t>(coarse.groups()), kernel);
    if (kernel.begin != nullptr) kernel.begin(coarse.groups());
    for (int64_t block = part_.first_block; block < part_.end_block; block += kStepBlocks) {
      const auto blocks = static_cast<int>(std::min<int64_t>(kStepBlocks, part_.end_block - block));
      for (const CoarseTile& tile : tiles) {
        const uint32_t hits =
            kernel.scan(coarse.block(block), coarse.scales(block), blocks, coarse.groups(),
                        tile.values.data(), tile.rows, offsets_.data() + tile.first_row,
                        thresholds_.data() + tile.first_row, scores, masks);
        for_each_bit(hits, [&](int row) {
          take(tile.first_row + static_cast<size_t>(row), block, blocks, scores + row * kStepTitles,
               masks + row * kStepBlocks);
        });
      }
    }
    if (kernel.end != nullptr) kernel.end();
  }

  Found near(size_t query) { return near_[query].found(); }

 private:
  void take(size_t query, int64_t first_block, int blocks, const float* scores,
            const uint32_t* masks) {
    for (int b = 0; b < blocks; ++b) {
      if (masks[b] == 0) continue;
      const auto title = static_cast<uint32_t>((first_block + b) * kBlockTitles);
      for_each_bit(masks[b] & filters_[query].mask(first_block + b), [&](int lane) {
        near_[query].add(title + static_cast<uint32_t>(lane), scores[b * kBlockTitles + lane]);
      });
    }
    thresholds_[query] = near_[query].threshold();
  }

  const PackedTitles& titles_;
  const ScanPart& part_;
  const int64_t k_;
  std::vector<CoarseQuery> queries_;
  std::vector<TitleFilter> filters_;
  std::vector<NearBest> near_;
  std::vector<int32_t> offsets_;
  std::vector<float> thresholds_;
};

}  // namespace

bool coarse_search_pays(const PackedTitles& titles, int64_t k) {
  return titles.coarse() != nullptr && 8 * k < titles.titles();
}

std::vector<size_t> coarse_search(const PackedTitles& titles, const ScanPart& part,
                                  std::span<const Query> queries, int64_t k, Found* found) {
  CoarseScan scan(titles, part, k);
  std::vector<size_t> with, without;
  for (size_t i = 0; i < queries.size(); ++i) {
    auto coarse = titles.coarse()->query(queries[i].user);
    (coarse ? with : without).push_back(i);
    if (coarse) scan.add(queries[i], std::move(*coarse));
  }
  scan.run();
  for (size_t i = 0; i < with.size(); ++i) {
    found[with[i]] = best_of(titles, queries[with[i]], scan.near(i), k);
  }
  return without;
}

}  // namespace marquee::inference
