// The inner loop of retrieval: scores of a few queries against a few blocks of titles, written once
// (scan_kernel.h) and compiled for each instruction set. Every score is one chain of multiply-adds
// over the dimensions in ascending order, whatever the shape of the call, so that a title's score
// depends on nothing but its own vector and the query.
#pragma once

#include <cstdint>

namespace marquee::inference {

inline constexpr int kBlockTitles = 32;  // titles side by side: the bits of one mask
inline constexpr int kStepBlocks = 8;    // most blocks of one call
inline constexpr int kStepTitles = kStepBlocks * kBlockTitles;

struct ScanKernel {
  int max_rows;  // most queries of one call

  // titles: [blocks, dim, 32]; queries: [dim, rows]; scores: [rows, 256], row r at 256 r.
  // Sets bit i of masks[8 r + b] where title i of block b scores above thresholds[r], and returns
  // the rows that have any bit set, as bits.
  uint32_t (*scan)(const float* titles, int blocks, int dim, const float* queries, int rows,
                   const float* thresholds, float* scores, uint32_t* masks);

  // Adds to higher[j] and equal[j] how many of the scores are above and equal to targets[j].
  // count: a multiple of 32. A score that is not a number counts nowhere.
  void (*count)(const float* scores, int count, const float* targets, int target_count,
                int64_t* higher, int64_t* equal);

  // The scores of single titles: each points at its first dimension, `stride` floats before the
  // next.
  void (*score)(const float* const* titles, int count, int64_t stride, const float* query, int dim,
                float* scores);
};

// Much the same for vectors of one byte a value (coarse_titles.h).
struct CoarseKernel {
  int max_rows;
  bool by_row;  // layout of queries: [max_rows, groups] with 0 behind the last, or [groups, rows]

  // Called before and after a scan, on its thread; null: nothing to do.
  void (*begin)(int groups);
  void (*end)();

  // titles: [blocks, groups, 32, 4], 128 more than the value; scales: [blocks, 32]; queries: four
  // signed bytes in each; offsets[r]: -128 times the sum of the query's bytes. scores, masks and
  // result as ScanKernel::scan, but scores are only set where a mask has bits; a score is the inner
  // product times the title's scale.
  uint32_t (*scan)(const uint8_t* titles, const float* scales, int blocks, int groups,
                   const int32_t* queries, int rows, const int32_t* offsets,
                   const float* thresholds, float* scores, uint32_t* masks);
};

extern const ScanKernel kGenericScan;
#if defined(__x86_64__)
extern const ScanKernel kAvx2Scan;
extern const ScanKernel kAvx512Scan;
extern const CoarseKernel kVnniCoarse;
extern const CoarseKernel kAmxCoarse;
#endif

}  // namespace marquee::inference
