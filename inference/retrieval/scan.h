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

  // Adds to higher[j] and equal[j] how many of the scores stand above and level with targets[j].
  // count: a multiple of 32. A score that is not a number counts nowhere.
  void (*count)(const float* scores, int count, const float* targets, int target_count,
                int64_t* higher, int64_t* equal);

  // One score: title points at its first dimension, 32 floats before the next.
  float (*score)(const float* title, const float* query, int dim);
};

extern const ScanKernel kGenericScan;
#if defined(__x86_64__)
extern const ScanKernel kAvx2Scan;
extern const ScanKernel kAvx512Scan;
#endif

}  // namespace marquee::inference
