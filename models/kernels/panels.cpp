#include "models/kernels/panels.h"

#include <algorithm>

namespace marquee::models {

Panels::Panels(int64_t rows, int64_t columns)
    : rows_(rows),
      columns_(columns),
      values_(rows * ((columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns)) {}

Panels Panels::of(Source from, int64_t rows, int64_t columns) {
  Panels panels(rows, columns);
  for (int64_t row = 0; row < rows; ++row) panels.set_row(row, from.at + row * from.stride, 1);
  return panels;
}

Panels Panels::of_transpose(Source from, int64_t rows, int64_t columns) {
  Panels panels(rows, columns);
  panels.fill_transposed(from, 0, columns);
  return panels;
}

void Panels::fill_transposed(Source from, int64_t first, int64_t last) {
  float* to = values_.data() + first * rows_;
  for (int64_t panel = first; panel < last; panel += kPanelColumns) {
    const float* const column = from.at + panel * from.stride;
    const int64_t here = std::min(kPanelColumns, last - panel);
    for (int64_t row = 0; row < rows_; ++row, to += kPanelColumns) {
      for (int64_t j = 0; j < here; ++j) to[j] = column[j * from.stride + row];
    }
  }
}

void Panels::scale(float factor) {
  for (float& value : values_) value *= factor;
}

void Panels::set_row(int64_t row, const float* values, float factor) {
  float* to = values_.data() + row * kPanelColumns;
  for (int64_t panel = 0; panel < columns_; panel += kPanelColumns, to += rows_ * kPanelColumns) {
    const int64_t here = std::min(kPanelColumns, columns_ - panel);
    for (int64_t j = 0; j < here; ++j) to[j] = values[panel + j] * factor;
  }
}

}  // namespace marquee::models
