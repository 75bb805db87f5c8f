// The coarse scan for AMX, which multiplies the bytes of 16 queries and 16 titles over 64
// dimensions with one instruction. Compiled with -mamx-int8, called where the processor has it;
// nothing from the standard library, as in scan_kernel.h.
#include <immintrin.h>

#include "inference/retrieval/scan.h"

namespace marquee::inference {
namespace {

constexpr int kRows = 16;         // of a tile
constexpr int kTileGroups = 16;   // of four dimensions, side by side in a row of a tile
constexpr int kRowBytes = 64;     // of a tile
constexpr int kGroupBytes = 128;  // of a block of titles

// What the eight tiles are, whose numbers the intrinsics want as literals:
//   0, 1  sums of either half of a block       5     queries' last groups, where they fill no tile
//   2     queries                              6, 7  titles' last groups
//   3, 4  titles of either half
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

void begin(int groups) {
  TileShapes shapes;
  const auto shape = [&](int tile, int rows, int groups_a_row) {
    shapes.rows[tile] = static_cast<uint8_t>(rows);
    shapes.row_bytes[tile] = static_cast<uint16_t>(4 * groups_a_row);
  };
  for (int tile = 0; tile < 5; ++tile) shape(tile, kRows, kTileGroups);
  if (const int last = groups % kTileGroups; last > 0) {
    shape(5, kRows, last);
    shape(6, last, kTileGroups);
    shape(7, last, kTileGroups);
  }
  asm volatile("" : : "r"(&shapes) : "memory");  // GCC thinks that only its first bytes are read
  _tile_loadconfig(&shapes);
}

void end() { _tile_release(); }

// The sums of both halves of a block, or what they begin at: [16, 32], row by row.
struct Sums {
  alignas(64) int32_t values[kRows * kBlockTitles];
};

// The inner products of all queries with one block, and their offsets. The stores take time: do
// something else before reading them.
[[gnu::always_inline]] inline void multiply(const uint8_t* block, int groups,
                                            const int32_t* queries, const Sums& offsets,
                                            Sums& sums) {
  const auto query_bytes = static_cast<long>(4 * groups);
  _tile_loadd(0, offsets.values, 2 * kRowBytes);
  _tile_loadd(1, offsets.values, 2 * kRowBytes);
  int g = 0;
  for (; g + kTileGroups <= groups; g += kTileGroups) {
    const uint8_t* titles = block + g * kGroupBytes;
    _tile_loadd(2, queries + g, query_bytes);
    _tile_loadd(3, titles, kGroupBytes);
    _tile_loadd(4, titles + kRowBytes, kGroupBytes);
    _tile_dpbsud(0, 2, 3);
    _tile_dpbsud(1, 2, 4);
  }
  if (g < groups) {
    const uint8_t* titles = block + g * kGroupBytes;
    _tile_loadd(5, queries + g, query_bytes);
    _tile_loadd(6, titles, kGroupBytes);
    _tile_loadd(7, titles + kRowBytes, kGroupBytes);
    _tile_dpbsud(0, 5, 6);
    _tile_dpbsud(1, 5, 7);
  }
  _tile_stored(0, sums.values, 2 * kRowBytes);
  _tile_stored(1, sums.values + 16, 2 * kRowBytes);
}

// The scores of one block; returns the rows that have any above their threshold. masks: of row r at
// 8 r, 0 before.
[[gnu::always_inline]] inline uint32_t above_thresholds(const Sums& sums, const float* scales,
                                                        int rows, const float* thresholds,
                                                        float* scores, uint32_t* masks) {
  const __m512 low_scales = _mm512_loadu_ps(scales);
  const __m512 high_scales = _mm512_loadu_ps(scales + 16);
  uint32_t hits = 0;
  for (int r = 0; r < rows; ++r) {
    const int32_t* of_row = sums.values + r * kBlockTitles;
    const __m512 low = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(of_row)), low_scales);
    const __m512 high =
        _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(of_row + 16)), high_scales);
    const __m512 threshold = _mm512_set1_ps(thresholds[r]);
    // Hits are rare after the first blocks: look for any before finding which.
    if (_mm512_cmp_ps_mask(_mm512_max_ps(low, high), threshold, _CMP_GT_OQ) == 0) continue;
    masks[r * kStepBlocks] = _mm512_cmp_ps_mask(low, threshold, _CMP_GT_OQ) |
                             _mm512_cmp_ps_mask(high, threshold, _CMP_GT_OQ) << 16;
    _mm512_store_ps(scores + r * kStepTitles, low);
    _mm512_store_ps(scores + r * kStepTitles + 16, high);
    hits |= uint32_t{1} << r;
  }
  return hits;
}

uint32_t coarse_scan(const uint8_t* titles, const float* scales, int blocks, int groups,
                     const int32_t* queries, int rows, const int32_t* offsets,
                     const float* thresholds, float* scores, uint32_t* masks) {
  const int64_t block_bytes = int64_t{groups} * kGroupBytes;
  Sums sums[2], starts;
  for (int r = 0; r < kRows; ++r) {
    _mm512_store_si512(starts.values + r * kBlockTitles,
                       _mm512_set1_epi32(r < rows ? offsets[r] : 0));
    _mm256_store_si256(reinterpret_cast<__m256i*>(masks + r * kStepBlocks), _mm256_setzero_si256());
  }
  uint32_t hits = 0;
  multiply(titles, groups, queries, starts, sums[0]);
  for (int b = 0; b < blocks; ++b) {
    const uint8_t* next = titles + (b + 1) * block_bytes;
    for (int64_t at = 0; at < block_bytes; at += 64) {
      _mm_prefetch(reinterpret_cast<const char*>(next + block_bytes + at), _MM_HINT_T0);
    }
    if (b + 1 < blocks) multiply(next, groups, queries, starts, sums[(b + 1) % 2]);
    hits |= above_thresholds(sums[b % 2], scales + b * kBlockTitles, rows, thresholds,
                             scores + b * kBlockTitles, masks + b);
  }
  return hits;
}

}  // namespace

const CoarseKernel kAmxCoarse = {kRows, true, begin, end, coarse_scan};

}  // namespace marquee::inference
