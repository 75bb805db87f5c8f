#include "models/kernels/attention_rows.h"

#include <algorithm>

#include "models/kernels/panels.h"

namespace marquee::models {

namespace {

constexpr int64_t kRows = 24;  // whose scores are at hand

using Buffer = std::vector<float>;

Panels::Source part(const float* matrix, const AttentionInput& in, int64_t head) {
  return {matrix + head * in.width, in.stride};
}

Panels transposed_keys(const AttentionInput& in, int64_t head) {
  Panels keys = Panels::of_transpose(part(in.keys, in, head), in.width, in.length);
  keys.scale(in.scale);
  return keys;
}

}  // namespace

void attend(const AttentionInput& in, AttentionWeights& weights, float* out, int64_t stride) {
  const int64_t width = padded(in.width), scores_row = padded(in.length);
  const Kernels& k = kernels(in.narrow);
  std::vector<Panels> keys, values;
  for (int64_t head = 0; head < in.heads; ++head) {
    keys.push_back(transposed_keys(in, head));
    values.push_back(Panels::of(part(in.values, in, head), in.length, in.width));
  }
  Buffer scores(kRows * scores_row), mixed(kRows * width);
  for (int64_t first = 0; first < in.length; first += kRows) {
    const int64_t last = std::min(in.length, first + kRows), rows = last - first;
    weights.begin(first, last);
    for (int64_t head = 0; head < in.heads; ++head) {
      const float* const queries = in.queries + first * in.stride + head * in.width;
      k.multiply({{queries, in.stride, 1},
                  keys[head].right(),
                  {scores.data(), scores_row},
                  rows,
                  in.width,
                  padded(last),
                  false});
      for (int64_t row = first; row < last; ++row) {
        float* const mine = scores.data() + (row - first) * scores_row;
        weights.forward(head, row, mine);
        std::fill(mine + row + 1, mine + last, 0.0F);
      }
      k.multiply({{scores.data(), scores_row, 1},
                  values[head].right(),
                  {mixed.data(), width},
                  rows,
                  last,
                  width,
                  false});
      for (int64_t row = 0; row < rows; ++row) {
        std::copy_n(mixed.data() + row * width, in.width,
                    out + (first + row) * stride + head * in.width);
      }
    }
  }
}

namespace {

struct OuterGradient {  // of what attend() wrote
  const float* at;
  int64_t stride;
};

// One head's gradients, some rows after the others.
class HeadBackward {
 public:
  HeadBackward(const AttentionInput& input, int64_t head)
      : in_(input),
        head_(head),
        k_(kernels(input.narrow)),
        keys_transposed_(transposed_keys(input, head)),
        values_transposed_(
            Panels::of_transpose(part(input.values, input, head), input.width, input.length)),
        keys_(Panels::of(part(input.keys, input, head), input.length, input.width)),
        to_keys_(input.length * width_),
        to_values_(input.length * width_),
        scores_(kRows * scores_row_),
        shares_(kRows * scores_row_),
        changes_(kRows * scores_row_),
        mixed_(kRows * width_) {}

  // Rows first .. last.
  void add(AttentionWeights& weights, int64_t first, int64_t last, const OuterGradient& outer,
           float* to_queries) {
    const int64_t rows = last - first;
    const Panels::Source queries = part(in_.queries + first * in_.stride, in_, head_);
    const Panels::Source gradient{outer.at + first * outer.stride + head_ * in_.width,
                                  outer.stride};
    k_.multiply({{queries.at, queries.stride, 1},
                 keys_transposed_.right(),
                 {scores_.data(), scores_row_},
                 rows,
                 in_.width,
                 padded(last),
                 false});
    k_.multiply({{gradient.at, gradient.stride, 1},
                 values_transposed_.right(),
                 {changes_.data(), scores_row_},
                 rows,
                 in_.width,
                 padded(last),
                 false});
    for (int64_t row = first; row < last; ++row) {
      const int64_t at = (row - first) * scores_row_;
      weights.backward(head_, row, scores_.data() + at, shares_.data() + at, changes_.data() + at);
      std::fill(shares_.data() + at + row + 1, shares_.data() + at + last, 0.0F);
      std::fill(changes_.data() + at + row + 1, changes_.data() + at + last, 0.0F);
    }
    add_transposed(shares_, gradient, rows, last, to_values_);
    add_transposed(changes_, queries, rows, last, to_keys_);
    k_.multiply({{changes_.data(), scores_row_, 1},
                 keys_.right(),
                 {mixed_.data(), width_},
                 rows,
                 last,
                 width_,
                 false});
    copy(mixed_, rows, in_.scale, to_queries + first * in_.stride);
  }

  void finish(const AttentionGradients& to) const {
    copy(to_keys_, in_.length, in_.scale, to.keys);
    copy(to_values_, in_.length, 1, to.values);
  }

 private:
  // sums += weightsᵀ · from, of `rows` rows of which the first `columns` weights count.
  void add_transposed(const Buffer& weights, Panels::Source from, int64_t rows, int64_t columns,
                      Buffer& sums) const {
    const Panels right = Panels::of(from, rows, in_.width);
    k_.multiply({{weights.data(), 1, scores_row_},
                 right.right(),
                 {sums.data(), width_},
                 columns,
                 rows,
                 width_,
                 true});
  }

  void copy(const Buffer& from, int64_t rows, float scale, float* to) const {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t d = 0; d < in_.width; ++d) {
        to[row * in_.stride + head_ * in_.width + d] = from[row * width_ + d] * scale;
      }
    }
  }

  const AttentionInput& in_;
  const int64_t head_;
  const int64_t width_ = padded(in_.width), scores_row_ = padded(in_.length);
  const Kernels& k_;
  Panels keys_transposed_, values_transposed_, keys_;
  Buffer to_keys_, to_values_;                // [length, width]
  Buffer scores_, shares_, changes_, mixed_;  // of some rows
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
      heads[head].add(weights, first, last, {gradient, stride}, to.queries);
    }
  }
  for (const HeadBackward& head : heads) head.finish(to);
}

}  // namespace marquee::models
