// Causal attention of one history at a time, for processors: the scores of some rows stay in the
// cache and are computed again for the gradients, and no history is padded to another's length.
#pragma once

#include <cstdint>
#include <vector>

#include "models/kernels/kernels.h"

namespace marquee::models {

// The rows of a history in matrices with `stride` values a row, of which a head has `width` from
// its number times width on.
struct AttentionInput {
  const float *queries, *keys, *values;
  int64_t stride;
  int64_t length, heads, width;
  float scale;  // of queries · keys
  bool narrow;  // products, as for kernels()
};

struct AttentionGradients {
  float *queries, *keys, *values;  // written, laid out as the input
};

// What becomes of scores on their way to the weights of values.
class AttentionWeights {
 public:
  virtual ~AttentionWeights() = default;
  // Rows first .. last are next: of every head one after the other.
  virtual void begin(int64_t /*first*/, int64_t /*last*/) {}
  // scores: [row + 1], which become weights.
  virtual void forward(int64_t head, int64_t row, float* scores) = 0;
  // The same once more: `weights` are written, and `gradient`, that of the weights, becomes that of
  // the scores. All [row + 1].
  virtual void backward(int64_t head, int64_t row, float* scores, float* weights,
                        float* gradient) = 0;
};

// out: [length, heads * width], with `stride` of its own.
void attend(const AttentionInput& in, AttentionWeights& weights, float* out, int64_t stride);

// gradient: of `out`, laid out like it.
void attend_backward(const AttentionInput& in, AttentionWeights& weights, const float* gradient,
                     int64_t stride, const AttentionGradients& to);

}  // namespace marquee::models
