// A matrix in the order in which products read their right factor fastest: 32 columns of all rows,
// then the next 32, with 0 after the last column.
#pragma once

#include <cstdint>
#include <vector>

#include "models/kernels/kernels.h"

namespace marquee::models {

class Panels {
 public:
  // rows × columns values of 0.
  Panels(int64_t rows, int64_t columns);

  // Of a matrix whose rows are `stride` floats apart, or of its transpose: then `rows` are columns
  // there.
  struct Source {
    const float* at;
    int64_t stride;
  };
  static Panels of(Source from, int64_t rows, int64_t columns);
  static Panels of_transpose(Source from, int64_t rows, int64_t columns);
  // Columns first .. last from rows of `from`; first: a multiple of kPanelColumns.
  void fill_transposed(Source from, int64_t first, int64_t last);

  Product::Right right() const { return {values_.data(), rows_ * kPanelColumns, kPanelColumns}; }

  void scale(float factor);
  // Row `row` becomes factor * values: [columns].
  void set_row(int64_t row, const float* values, float factor);

 private:
  int64_t rows_, columns_;
  std::vector<float> values_;
};

}  // namespace marquee::models
