// The scan for one instruction set. A file that includes this defines `Lanes` first:
//   Vector, kWidth, kMaxRows; load, store, broadcast, multiply_add(a, b, c) = a b + c in one lane's
//   rounding, above and level as bit masks, and multiply_add for single floats.
// Everything is in an unnamed namespace and uses nothing from the standard library: a function that
// the linker shared between files would bring one file's instructions to processors without them.
//
// A tile holds rows × columns vectors of sums in registers. Twelve rows by two AVX-512 vectors use
// 24 of 32 registers and need 14 loads for 24 multiply-adds, so that the arithmetic is the limit.
// With few rows, more columns keep as many sums in flight as multiply-add latency needs.
#pragma once

#include "inference/retrieval/scan.h"

namespace marquee::inference {
namespace {

using Vector = Lanes::Vector;
constexpr int kVectors = kBlockTitles / Lanes::kWidth;  // vectors of a block
constexpr int kPairBytes = 2 * Lanes::kWidth / 8;       // of the mask of two vectors

struct ScanCall {
  const float* titles;
  int dim;
  const float* queries;
  const float* thresholds;
  float* scores;
  uint32_t* masks;
};

// Scores rows × columns vectors, from vector `first` of the call's blocks on.
template <int kRows, int kColumns>
[[gnu::always_inline]] inline uint32_t scan_tile(const ScanCall call, int first) {
  const int64_t block_size = int64_t{call.dim} * kBlockTitles;
  const float* titles =
      call.titles + first / kVectors * block_size + first % kVectors * Lanes::kWidth;
  const float* query = call.queries;
  Vector sums[kRows][kColumns] = {};
  for (int d = 0; d < call.dim; ++d, titles += kBlockTitles, query += kRows) {
    Vector values[kColumns];
    // The next block; with more columns several blocks are read at once, which the processor keeps
    // up with by itself.
    if (kColumns == 2) __builtin_prefetch(titles + block_size);
    if (kColumns == 2 && Lanes::kWidth == 16) __builtin_prefetch(titles + block_size + 16);
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) {
      values[c] = Lanes::load(titles + c / kVectors * block_size + c % kVectors * Lanes::kWidth);
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vector factor = Lanes::broadcast(query[r]);
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) {
        sums[r][c] = Lanes::multiply_add(values[c], factor, sums[r][c]);
      }
    }
  }
  float* scores = call.scores + first * Lanes::kWidth;
  auto* masks = reinterpret_cast<unsigned char*>(call.masks) + first / 2 * kPairBytes;
  uint32_t hits = 0;
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    const Vector threshold = Lanes::broadcast(call.thresholds[r]);
    uint32_t any = 0;
#pragma GCC unroll 4
    for (int c = 0; c < kColumns; c += 2) {
      Lanes::store(scores + r * kStepTitles + c * Lanes::kWidth, sums[r][c]);
      Lanes::store(scores + r * kStepTitles + (c + 1) * Lanes::kWidth, sums[r][c + 1]);
      const uint32_t mask = Lanes::above(sums[r][c], threshold) |
                            Lanes::above(sums[r][c + 1], threshold) << Lanes::kWidth;
      __builtin_memcpy(masks + r * kStepBlocks * sizeof mask + c / 2 * kPairBytes, &mask,
                       kPairBytes);
      any |= mask;
    }
    hits |= uint32_t{any != 0} << r;
  }
  return hits;
}

template <int kRows>
uint32_t scan_rows(const ScanCall& call, int blocks) {
  constexpr int kColumns = kRows == 1 ? 8 : kRows <= 3 ? 4 : 2;
  const int vectors = blocks * kVectors;
  uint32_t hits = 0;
  int first = 0;
  for (; first + kColumns <= vectors; first += kColumns) {
    hits |= scan_tile<kRows, kColumns>(call, first);
  }
  for (; first < vectors; first += 2) hits |= scan_tile<kRows, 2>(call, first);
  return hits;
}

// Calls scan_rows<rows>.
template <int kRows = Lanes::kMaxRows>
uint32_t dispatch(const ScanCall& call, int blocks, int rows) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return dispatch<kRows - 1>(call, blocks, rows);
  }
  return scan_rows<kRows>(call, blocks);
}

uint32_t scan(const float* titles, int blocks, int dim, const float* queries, int rows,
              const float* thresholds, float* scores, uint32_t* masks) {
  return dispatch({titles, dim, queries, thresholds, scores, masks}, blocks, rows);
}

void count(const float* scores, int count, const float* targets, int target_count, int64_t* higher,
           int64_t* equal) {
  for (int j = 0; j < target_count; ++j) {
    const Vector target = Lanes::broadcast(targets[j]);
    int above = 0;
    int level = 0;
    for (int i = 0; i < count; i += Lanes::kWidth) {
      const Vector values = Lanes::load(scores + i);
      above += __builtin_popcount(Lanes::above(values, target));
      level += __builtin_popcount(Lanes::level(values, target));
    }
    higher[j] += above;
    equal[j] += level;
  }
}

// Several at once, so that one sum does not wait for the other.
template <int kCount>
void score_some(const float* const* titles, int64_t stride, const float* query, int dim,
                float* scores) {
  float sums[kCount] = {};
  for (int d = 0; d < dim; ++d) {
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) {
      sums[i] = Lanes::multiply_add(titles[i][d * stride], query[d], sums[i]);
    }
  }
  for (int i = 0; i < kCount; ++i) scores[i] = sums[i];
}

void score(const float* const* titles, int count, int64_t stride, const float* query, int dim,
           float* scores) {
  int i = 0;
  for (; i + 8 <= count; i += 8) score_some<8>(titles + i, stride, query, dim, scores + i);
  for (; i < count; ++i) score_some<1>(titles + i, stride, query, dim, scores + i);
}

constexpr ScanKernel kScan = {Lanes::kMaxRows, scan, count, score};

}  // namespace
}  // namespace marquee::inference
