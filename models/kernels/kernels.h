// The arithmetic that training spends its time in, written once in vector extensions and compiled
// for each instruction set: products of matrices that lie in a processor's cache, and passes over
// their rows. One call is one thread's work; layers/ divides steps into such calls, and always in
// the same way, so that what they give does not depend on how many threads there are.
#pragma once

#include <cstdint>

namespace marquee::models {

inline constexpr int64_t kLanes = 16;         // columns of products are a multiple of it
inline constexpr int64_t kPanelColumns = 32;  // side by side in a panel

constexpr int64_t padded(int64_t columns) { return (columns + kLanes - 1) / kLanes * kLanes; }

// C = A · B, or C += A · B.
struct Product {
  // Element (i, k) is at[i * row + k * column]; one of the two is 1, so that A may be a matrix or
  // its transpose.
  struct Left {
    const float* at;
    int64_t row, column;
  };
  // Element (k, j) is at[j / 32 * panel + k * row + j % 32]: rows of a matrix with panel = 32, or
  // panels that lie one after the other, which long products read faster (panels.h).
  struct Right {
    const float* at;
    int64_t panel, row;
  };
  struct Out {  // element (i, j) is at[i * row + j]
    float* at;
    int64_t row;
  };
  Left a;
  Right b;
  Out c;
  int64_t rows, inner, columns;
  bool add;
};

// Rows of a matrix, `stride` floats apart. columns: a multiple of kLanes.
struct Rows {
  float* at;
  int64_t stride, rows, columns;
};

// Which elements of rows are dropped: a hash of `seed` and the element's number is below
// share * 2^32. The same numbers give the same elements, so that no mask is stored.
struct Dropout {
  uint32_t seed = 0;
  uint32_t below = 0;  // 0: none is dropped
  float scale = 1;     // of those that are kept
  uint32_t first = 0;  // the number of the first element
};

// For one of several parts whose elements are numbered by themselves: with a seed of its own.
Dropout dropout_of_part(const Dropout& dropout, uint32_t part);

struct Kernels {
  void (*multiply)(const Product& product);
  // The largest of `count` values, at least 1.
  float (*row_max)(const float* x, int64_t count);
  // x becomes exp(x - top); → the sum.
  float (*row_exp)(float* x, int64_t count, float top);
  // x · y
  float (*dot)(const float* x, const float* y, int64_t count);
  // y += factor * x
  void (*add_scaled)(float* y, const float* x, float factor, int64_t count);
  // out = what dropout makes of x; out may be x.
  void (*drop)(float* out, const float* x, int64_t count, const Dropout& dropout);
  // out = x + what dropout makes of `change`.
  void (*add_dropped)(float* out, const float* x, const float* change, int64_t count,
                      const Dropout& dropout);
  // gradient becomes (gradient - mean) * x: from that of softmax's shares x to that of its scores.
  void (*softmax_backward)(float* gradient, const float* x, float mean, int64_t count);
  // y_i += table[place_i]
  void (*add_looked_up)(float* y, const float* table, const uint8_t* places, int64_t count);
  // out_r = max(x_r + y, 0) for rows of matrices; y: [columns].
  void (*add_relu)(const Rows& out, const float* x, int64_t x_row, const float* y);
  // gradient becomes 0 where `out`, what relu made, is 0.
  void (*relu_backward)(float* gradient, const float* out, int64_t count);
  // out_r = x_r · y
  void (*dot_rows)(float* out, const Rows& x, const float* y);
  // out_r = factors_r * y
  void (*outer)(const Rows& out, const float* factors, const float* y);
  // sum += Σ factors_r * x_r; factors null: 1.
  void (*add_rows)(float* sum, const Rows& x, const float* factors);
  // out = factor * x * sigmoid(x)
  void (*silu)(float* out, const float* x, int64_t count, float factor);
  // gradient becomes what it is of x, where it was of the above.
  void (*silu_backward)(float* gradient, const float* x, int64_t count, float factor);
};

// Those for this processor. narrow: products may round their factors to bfloat16, where that is
// faster; their sums are floats all the same.
const Kernels& kernels(bool narrow = false);

}  // namespace marquee::models
