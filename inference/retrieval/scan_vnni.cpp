// The coarse scan for AVX-512 with VNNI, which multiplies bytes and adds four products at once.
// Compiled with -mavx512f -mavx512vnni, called where the processor has them; nothing from the
// standard library, as in scan_kernel.h.
#include <immintrin.h>

#include "inference/retrieval/scan.h"

namespace marquee::inference {
namespace {

constexpr int kWidth = 16;                       // titles of a vector
constexpr int kVectors = kBlockTitles / kWidth;  // vectors of four dimensions of a block
constexpr int kRowsAtOnce = 12;

struct CoarseCall {
  const uint8_t* titles;
  const float* scales;
  int groups;
  const int32_t* queries;
  const int32_t* offsets;
  const float* thresholds;
  float* scores;
  uint32_t* masks;
};

// As scan_tile (scan_kernel.h): rows × blocks × two vectors of sums stay in registers.
template <int kRows, int kBlocks>
[[gnu::always_inline]] inline uint32_t coarse_tile(const CoarseCall& call, int first_block) {
  constexpr int kColumns = kBlocks * kVectors;
  const int64_t block_bytes = int64_t{call.groups} * 4 * kBlockTitles;
  const uint8_t* titles = call.titles + first_block * block_bytes;
  const int32_t* query = call.queries;
  __m512i sums[kRows][kColumns];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) sums[r][c] = _mm512_set1_epi32(call.offsets[r]);
  }
  for (int g = 0; g < call.groups; ++g, titles += 4 * kBlockTitles, query += kRows) {
    if (kBlocks == 1)
      _mm_prefetch(reinterpret_cast<const char*>(titles + 2 * block_bytes), _MM_HINT_T0);
    if (kBlocks == 1)
      _mm_prefetch(reinterpret_cast<const char*>(titles + 2 * block_bytes + 64), _MM_HINT_T0);
    __m512i values[kColumns];
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) {
      values[c] = _mm512_loadu_si512(titles + c / kVectors * block_bytes + c % kVectors * 64);
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const __m512i factor = _mm512_set1_epi32(query[r]);
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) {
        sums[r][c] = _mm512_dpbusd_epi32(sums[r][c], values[c], factor);
      }
    }
  }
  uint32_t hits = 0;
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    const __m512 threshold = _mm512_set1_ps(call.thresholds[r]);
#pragma GCC unroll 4
    for (int b = 0; b < kBlocks; ++b) {
      const int at = (first_block + b) * kBlockTitles;
      const __m512 low = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][b * kVectors]),
                                       _mm512_loadu_ps(call.scales + at));
      const __m512 high = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][b * kVectors + 1]),
                                        _mm512_loadu_ps(call.scales + at + kWidth));
      _mm512_store_ps(call.scores + r * kStepTitles + at, low);
      _mm512_store_ps(call.scores + r * kStepTitles + at + kWidth, high);
      const uint32_t mask = _mm512_cmp_ps_mask(low, threshold, _CMP_GT_OQ) |
                            _mm512_cmp_ps_mask(high, threshold, _CMP_GT_OQ) << kWidth;
      call.masks[r * kStepBlocks + first_block + b] = mask;
      hits |= uint32_t{mask != 0} << r;
    }
  }
  return hits;
}

template <int kRows = kRowsAtOnce>
uint32_t coarse_rows(const CoarseCall& call, int blocks, int rows) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return coarse_rows<kRows - 1>(call, blocks, rows);
  }
  constexpr int kBlocks = kRows == 1 ? 4 : kRows <= 3 ? 2 : 1;
  uint32_t hits = 0;
  int first = 0;
  for (; first + kBlocks <= blocks; first += kBlocks)
    hits |= coarse_tile<kRows, kBlocks>(call, first);
  for (; first < blocks; ++first) hits |= coarse_tile<kRows, 1>(call, first);
  return hits;
}

uint32_t coarse_scan(const uint8_t* titles, const float* scales, int blocks, int groups,
                     const int32_t* queries, int rows, const int32_t* offsets,
                     const float* thresholds, float* scores, uint32_t* masks) {
  return coarse_rows({titles, scales, groups, queries, offsets, thresholds, scores, masks}, blocks,
                     rows);
}

}  // namespace

const CoarseKernel kVnniCoarse = {kRowsAtOnce, false, nullptr, nullptr, coarse_scan};

}  // namespace marquee::inference
