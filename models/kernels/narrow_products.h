// Products whose factors are rounded to bfloat16 on the way into registers and whose sums are
// floats: twice the arithmetic of floats on processors with AVX512_BF16.
#pragma once

#include <immintrin.h>

#include "models/kernels/kernels_impl.h"

namespace marquee::models {
namespace {

constexpr int64_t kGroupRows = 12;       // of a tile
constexpr int64_t kRowsAtOnce = 96;      // of A
constexpr int64_t kColumnsAtOnce = 512;  // of B
constexpr int64_t kPairsAtOnce = kInnerAtOnce / 2;

// Two factors that are multiplied and added together, next to each other.
using Pair = uint32_t;

// [kPairsAtOnce][kGroupRows] for each group of rows, [kPairsAtOnce][16] for each vector of columns.
struct Narrow {
  alignas(64) Pair a[kRowsAtOnce / kGroupRows * kPairsAtOnce * kGroupRows];
  alignas(64) Pair b[kColumnsAtOnce / kWidth * kPairsAtOnce * kWidth];
};

__m512i rounded(Floats low, Floats high) {
  return reinterpret_cast<__m512i>(
      _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low)));
}

// low in the lower halves of the 16 pairs, high in the upper ones.
__m512i pairs(Floats low, Floats high) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, rounded(low, high));
}

// Rows row .. row + count of A, at most kGroupRows, columns begin .. end, which lie side by side.
void pack_group(const Product& p, int64_t row, int64_t count, int64_t begin, int64_t end,
                Pair* to) {
  for (int64_t r = 0; r < count; ++r) {
    const float* const from = p.a.at + (row + r) * p.a.row;
    for (int64_t k = begin; k < end; k += 2 * kWidth) {
      const int64_t left = end - k < 2 * kWidth ? end - k : 2 * kWidth;
      const uint32_t lanes = left == 2 * kWidth ? ~0U : (1U << left) - 1;
      const __m512 low = _mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes), from + k);
      const __m512 high =
          _mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes >> kWidth), from + k + kWidth);
      alignas(64) Pair row_pairs[kWidth];
      _mm512_store_si512(row_pairs,
                         rounded(reinterpret_cast<Floats>(low), reinterpret_cast<Floats>(high)));
      Pair* const group = to + (k - begin) / 2 * kGroupRows + r;
      for (int64_t i = 0; 2 * i < left; ++i) group[i * kGroupRows] = row_pairs[i];
    }
  }
}

// The same of a transpose, of which rows lie side by side.
void pack_group_of_transpose(const Product& p, int64_t row, int64_t count, int64_t begin,
                             int64_t end, Pair* to) {
  const auto lanes = static_cast<__mmask16>((1U << count) - 1);
  for (int64_t k = begin; k < end; k += 2, to += kGroupRows) {
    const float* const from = p.a.at + row + k * p.a.column;
    const __m512 low = _mm512_maskz_loadu_ps(lanes, from);
    const __m512 high =
        k + 1 < end ? _mm512_maskz_loadu_ps(lanes, from + p.a.column) : _mm512_setzero_ps();
    _mm512_mask_storeu_epi32(to, lanes,
                             pairs(reinterpret_cast<Floats>(low), reinterpret_cast<Floats>(high)));
  }
}

void pack_columns(const Product& p, int64_t column, int64_t begin, int64_t end, Pair* to) {
  const float* from =
      p.b.at + column / kPanelColumns * p.b.panel + column % kPanelColumns + begin * p.b.row;
  for (int64_t k = begin; k < end; k += 2, to += kWidth, from += 2 * p.b.row) {
    const Floats high = k + 1 < end ? load(from + p.b.row) : Floats{};
    _mm512_store_si512(to, pairs(load(from), high));
  }
}

// kRows × kVectors vectors of C.
template <int kRows, int kVectors>
void narrow_tile(const Pair* a, const Pair* b, int64_t count, float* c, int64_t c_row, bool add) {
  constexpr int kSums = kRows * kVectors;
  __m512 sums[kSums];
#pragma GCC unroll 32
  for (int n = 0; n < kSums; ++n) {
    sums[n] = add ? _mm512_loadu_ps(c + n / kVectors * c_row + n % kVectors * kWidth)
                  : _mm512_setzero_ps();
  }
  for (int64_t k = 0; k < count; ++k, a += kGroupRows, b += kWidth) {
    __m512i values[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      values[v] = _mm512_load_si512(b + v * kPairsAtOnce * kWidth);
    }
#pragma GCC unroll 32
    for (int n = 0; n < kSums; ++n) {
      sums[n] = _mm512_dpbf16_ps(
          sums[n], reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[n / kVectors]))),
          reinterpret_cast<__m512bh>(values[n % kVectors]));
    }
  }
#pragma GCC unroll 32
  for (int n = 0; n < kSums; ++n) {
    _mm512_storeu_ps(c + n / kVectors * c_row + n % kVectors * kWidth, sums[n]);
  }
}

template <int kVectors>
void narrow_group(const Pair* a, const Pair* b, int64_t count, float* c, int64_t c_row,
                  int64_t rows, bool add) {
  int64_t row = 0;
  if (rows == kGroupRows) return narrow_tile<kGroupRows, kVectors>(a, b, count, c, c_row, add);
  for (; row + 4 <= rows; row += 4) {
    narrow_tile<4, kVectors>(a + row, b, count, c + row * c_row, c_row, add);
  }
  for (; row < rows; ++row) {
    narrow_tile<1, kVectors>(a + row, b, count, c + row * c_row, c_row, add);
  }
}

void multiply_block(const Product& p, const Narrow& narrow, int64_t row, int64_t rows,
                    int64_t column, int64_t columns, int64_t count, bool add) {
  for (int64_t j = 0; j < columns; j += 2 * kWidth) {
    const Pair* const b = narrow.b + j * kPairsAtOnce;
    for (int64_t i = 0; i < rows; i += kGroupRows) {
      const int64_t here = rows - i < kGroupRows ? rows - i : kGroupRows;
      const Pair* const a = narrow.a + i * kPairsAtOnce;
      float* const c = p.c.at + (row + i) * p.c.row + column + j;
      if (columns - j >= 2 * kWidth) {
        narrow_group<2>(a, b, count, c, p.c.row, here, add);
      } else {
        narrow_group<1>(a, b, count, c, p.c.row, here, add);
      }
    }
  }
}

void multiply_narrow(const Product& p) {
  Narrow narrow;
  for (int64_t begin = 0; begin == 0 || begin < p.inner; begin += kInnerAtOnce) {
    const int64_t end = begin + kInnerAtOnce < p.inner ? begin + kInnerAtOnce : p.inner;
    const bool add = p.add || begin > 0;
    for (int64_t column = 0; column < p.columns; column += kColumnsAtOnce) {
      const int64_t columns =
          p.columns - column < kColumnsAtOnce ? p.columns - column : kColumnsAtOnce;
      for (int64_t j = 0; j < columns; j += kWidth) {
        pack_columns(p, column + j, begin, end, narrow.b + j * kPairsAtOnce);
      }
      for (int64_t row = 0; row < p.rows; row += kRowsAtOnce) {
        const int64_t rows = p.rows - row < kRowsAtOnce ? p.rows - row : kRowsAtOnce;
        for (int64_t i = 0; i < rows; i += kGroupRows) {
          const int64_t here = rows - i < kGroupRows ? rows - i : kGroupRows;
          const auto pack = p.a.row == 1 ? pack_group_of_transpose : pack_group;
          pack(p, row + i, here, begin, end, narrow.a + i * kPairsAtOnce);
        }
        multiply_block(p, narrow, row, rows, column, columns, (end - begin + 1) / 2, add);
      }
    }
  }
}

}  // namespace
}  // namespace marquee::models
