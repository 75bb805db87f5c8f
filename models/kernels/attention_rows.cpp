#include "models/kernels/attention_rows.h"

#include <algorithm>

namespace marquee::models {

namespace {

constexpr int64_t kRows = 24;  // whose scores are at hand

using Buffer = std::vector<float>;

// A head's part of one of the matrices, in the two orders that products take.
struct Panels {
  Panels(const float* from, int64_t stride, int64_t rows, int64_t width)
      : rows_(rows), values_(padded_panels(rows, width)) {
    pack_panels(values_.data(), from, stride, rows, width);
  }
  int64_t rows_;
  Buffer values_;
};

Buffer transposed(const float* from, const AttentionInput& in, float scale) {
  Buffer panels(padded_panels(in.width, in.length));
  pack_panels_of_transpose(panels.data(), from, in.stride, in.width, in.length);
  for (float& value : panels) value *= scale;
  return panels;
}

// [rows, stride] += or = a · b with b [inner, columns] in panels.
struct Matrix {
  const float* at;
  int64_t row, column;
};
void product(const Matrix& a, const Buffer& panels, int64_t panel_rows, float* c, int64_t c_row,
             int64_t rows, int64_t inner, int64_t columns, bool add) {
  kernels().multiply({.a = a.at, .a_row = a.row, .a_column = a.column,
                      .b = panels.data(), .b_panel = panel_rows * kPanelColumns,
                      .b_row = kPanelColumns, .c = c, .c_row = c_row,
                      .rows = rows, .inner = inner, .columns = columns, .add = add});
}

}  // namespace

void attend(const AttentionInput& in, AttentionWeights& weights, float* out, int64_t stride) {
  const int64_t width = padded(in.width), scores_row = padded(in.length);
  std::vector<Buffer> keys;
  std::vector<Panels> values;
  for (int64_t head = 0; head < in.heads; ++head) {
    keys.push_back(transposed(in.keys + head * in.width, in, in.scale));
    values.emplace_back(in.values + head * in.width, in.stride, in.length, in.width);
  }
  Buffer scores(kRows * scores_row), mixed(kRows * width);
  for (int64_t first = 0; first < in.length; first += kRows) {
    const int64_t last = std::min(in.length, first + kRows), rows = last - first;
    weights.begin(first, last);
    for (int64_t head = 0; head < in.heads; ++head) {
      const float* const queries = in.queries + first * in.stride + head * in.width;
      product({queries, in.stride, 1}, keys[head], in.width, scores.data(), scores_row, rows,
              in.width, padded(last), false);
      for (int64_t row = first; row < last; ++row) {
        float* const mine = scores.data() + (row - first) * scores_row;
        weights.forward(head, row, mine);
        std::fill(mine + row + 1, mine + last, 0.0F);
      }
      product({scores.data(), scores_row, 1}, values[head].values_, in.length, mixed.data(), width,
              rows, last, width, false);
      for (int64_t row = 0; row < rows; ++row) {
        std::copy_n(mixed.data() + row * width, in.width,
                    out + (first + row) * stride + head * in.width);
      }
    }
  }
}

namespace {

// One head's gradients, some rows after the others.
struct HeadBackward {
  HeadBackward(const AttentionInput& input, int64_t head)
      : in(input),
        offset(head * input.width),
        keys_transposed(transposed(input.keys + offset, input, input.scale)),
        values_transposed(transposed(input.values + offset, input, 1)),
        keys(input.keys + offset, input.stride, input.length, input.width),
        to_keys(input.length * width),
        to_values(input.length * width) {}

  void add(AttentionWeights& weights, int64_t head, int64_t first, int64_t last,
           const float* gradient, int64_t stride, float* to_queries) {
    const int64_t rows = last - first, scores_row = padded(in.length);
    const float* const queries = in.queries + first * in.stride + offset;
    const float* const outer = gradient + first * stride + offset;
    scores.resize(kRows * scores_row);
    shares.resize(kRows * scores_row);
    changes.resize(kRows * scores_row);
    mixed.resize(kRows * width);
    product({queries, in.stride, 1}, keys_transposed, in.width, scores.data(), scores_row, rows,
            in.width, padded(last), false);
    product({outer, stride, 1}, values_transposed, in.width, changes.data(), scores_row, rows,
            in.width, padded(last), false);
    for (int64_t row = first; row < last; ++row) {
      const int64_t at = (row - first) * scores_row;
      weights.backward(head, row, scores.data() + at, shares.data() + at, changes.data() + at);
      std::fill(shares.data() + at + row + 1, shares.data() + at + last, 0.0F);
      std::fill(changes.data() + at + row + 1, changes.data() + at + last, 0.0F);
    }
    const Panels outer_rows(outer, stride, rows, in.width);
    product({shares.data(), 1, scores_row}, outer_rows.values_, rows, to_values.data(), width, last,
            rows, width, true);
    const Panels query_rows(queries, in.stride, rows, in.width);
    product({changes.data(), 1, scores_row}, query_rows.values_, rows, to_keys.data(), width, last,
            rows, width, true);
    product({changes.data(), scores_row, 1}, keys.values_, in.length, mixed.data(), width, rows,
            last, width, false);
    copy(mixed, rows, in.scale, to_queries + first * in.stride);
  }

  void copy(const Buffer& from, int64_t rows, float scale, float* to) const {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t d = 0; d < in.width; ++d) {
        to[row * in.stride + offset + d] = from[row * width + d] * scale;
      }
    }
  }

  const AttentionInput& in;
  const int64_t offset, width = padded(in.width);
  Buffer keys_transposed, values_transposed;
  Panels keys;
  Buffer to_keys, to_values, scores, shares, changes, mixed;
};

}  // namespace

void attend_backward(const AttentionInput& in, AttentionWeights& weights, const float* gradient,
                     int64_t stride, const AttentionGradients& to) {
  std::vector<HeadBackward> heads;
  for (int64_t head = 0; head < in.heads; ++head) heads.emplace_back(in, head);
  for (int64_t first = 0; first < in.length; first += kRows) {
    const int64_t last = std::min(in.length, first + kRows);
    weights.begin(first, last);
    for (int64_t head = 0; head < in.heads; ++head) {
      heads[head].add(weights, head, first, last, gradient, stride, to.queries);
    }
  }
  for (const HeadBackward& head : heads) {
    head.copy(head.to_keys, in.length, in.scale, to.keys);
    head.copy(head.to_values, in.length, 1, to.values);
  }
}

}  // namespace marquee::models
