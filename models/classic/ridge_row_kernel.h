// One ridge regression for one instruction set. A file that includes this defines first:
//   kVectorBytes, the width of its registers, and kTileRows, the height of a tile of sums (it
//   divides kPanel; two vectors are its width).
// Everything is in an unnamed namespace and uses nothing from the standard library: a function that
// the linker shared between files would bring one file's instructions to processors without them.
//
// Two ways to the same answer. With as many rows as dimensions or more, the normal equations
//   (D + AᵀA) w = Aᵀt, a dim × dim system; with fewer, by the matrix inversion lemma,
//   w = D⁻¹Aᵀ z with (I + A D⁻¹ Aᵀ) z = t, a count × count one.
// Both need the upper triangle of PᵀP for a panel P of rows, and so does the blocked Cholesky
// factorisation that follows: U = Lᵀ lies row by row, so the rows just factored are the panel whose
// PᵀP is taken from the rest. One tile of multiply-adds in registers does all the work.
#pragma once

#include <cstdint>

#include "models/classic/ridge_row.h"

namespace marquee::models {
namespace {

constexpr int64_t kPanel = 16;   // rows factored at a time
constexpr int64_t kColumns = 2;  // vectors side by side in a tile

using Vector = float __attribute__((vector_size(kVectorBytes), may_alias));
constexpr int64_t kWidth = kVectorBytes / sizeof(float);
constexpr int64_t kStep = kColumns * kWidth;

int64_t padded(int64_t size) { return (size + kRidgeLanes - 1) / kRidgeLanes * kRidgeLanes; }

// A square matrix of which the upper triangle counts, or a panel of rows; `stride` floats a row.
struct Matrix {
  float* at;
  int64_t stride;
  float* row(int64_t r) const { return at + r * stride; }
};

// kTileRows × kColumns vectors of C += sign PᵀP, from row i and column j on. The loops are flat,
// since the compiler unrolls no others and sums would not stay in registers.
template <int kSign>
void tile(Matrix c, Matrix p, int64_t rows, int64_t i, int64_t j) {
  constexpr int kSums = kTileRows * kColumns;
  const auto at = [&](int n) {
    return reinterpret_cast<Vector*>(c.row(i + n / kColumns) + j + n % kColumns * kWidth);
  };
  Vector sums[kSums];
#pragma GCC unroll 32
  for (int n = 0; n < kSums; ++n) sums[n] = *at(n);
  for (int64_t k = 0; k < rows; ++k) {
    const float* row = p.row(k);
    Vector values[kColumns];
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) {
      values[v] = *reinterpret_cast<const Vector*>(row + j + v * kWidth);
    }
#pragma GCC unroll 32
    for (int n = 0; n < kSums; ++n) {
      sums[n] += values[n % kColumns] * (kSign * row[i + n / kColumns]);
    }
  }
#pragma GCC unroll 32
  for (int n = 0; n < kSums; ++n) *at(n) = sums[n];
}

// C += sign PᵀP in the upper triangle from `begin` on (and some of what is below it, which nothing
// reads). size: a multiple of kRidgeLanes; begin: of kPanel.
template <int kSign>
void add_gram(Matrix c, int64_t size, int64_t begin, Matrix p, int64_t rows) {
  for (int64_t i = begin; i < size; i += kTileRows) {
    for (int64_t j = i / kStep * kStep; j < size; j += kStep) {
      tile<kSign>(c, p, rows, i, j);
    }
  }
}

// y += factor x over [begin, size); x and y are aligned at 0.
void add_row(float* y, float factor, const float* x, int64_t begin, int64_t size) {
  int64_t i = begin;
  for (; i < size && i % kWidth != 0; ++i) y[i] += factor * x[i];
  for (; i < size; i += kWidth) {
    *reinterpret_cast<Vector*>(y + i) += *reinterpret_cast<const Vector*>(x + i) * factor;
  }
}

float dot(const float* x, const float* y, int64_t begin, int64_t size) {
  float sum = 0;
  int64_t i = begin;
  for (; i < size && i % kWidth != 0; ++i) sum += x[i] * y[i];
  Vector sums = {};
  for (; i < size; i += kWidth) {
    sums += *reinterpret_cast<const Vector*>(x + i) * *reinterpret_cast<const Vector*>(y + i);
  }
  float lanes[kWidth];
  __builtin_memcpy(lanes, &sums, sizeof sums);
  for (const float lane : lanes) sum += lane;
  return sum;
}

// C becomes U with UᵀU = C.
void factor(Matrix c, int64_t size) {
  for (int64_t k = 0; k < size; k += kPanel) {
    for (int64_t r = k; r < k + kPanel; ++r) {
      const float scale = 1 / __builtin_sqrtf(c.row(r)[r]);
      for (int64_t j = r; j < size; ++j) c.row(r)[j] *= scale;
      for (int64_t below = r + 1; below < k + kPanel; ++below) {
        add_row(c.row(below), -c.row(r)[below], c.row(r), below, size);
      }
    }
    add_gram<-1>(c, size, k + kPanel, {c.row(k), c.stride}, kPanel);
  }
}

// x becomes (UᵀU)⁻¹x.
void solve(Matrix u, int64_t size, float* x) {
  for (int64_t r = 0; r < size; ++r) {
    x[r] /= u.row(r)[r];
    add_row(x, -x[r], u.row(r), r + 1, size);
  }
  for (int64_t r = size; r-- > 0;) {
    x[r] = (x[r] - dot(u.row(r), x, r + 1, size)) / u.row(r)[r];
  }
}

void clear(float* values, int64_t count) { __builtin_memset(values, 0, count * sizeof(float)); }

float target_of(const RidgeRow& p, int64_t row) { return row < p.count - p.others ? 1 : p.target; }

double solve_by_dimensions(const RidgeRow& p) {
  const Matrix c{p.workspace, p.dim};
  const Matrix panel{p.workspace + p.dim * p.dim, p.dim};
  clear(c.at, p.dim * p.dim);
  clear(p.solution, p.dim);
  for (int64_t d = 0; d < p.dim; ++d) c.row(d)[d] = p.penalty[d];
  for (int64_t begin = 0; begin < p.count; begin += kRidgeChunk) {
    const int64_t rows = p.count - begin < kRidgeChunk ? p.count - begin : kRidgeChunk;
    for (int64_t r = 0; r < rows; ++r) {
      const float* from = p.features + int64_t{p.rows[begin + r]} * p.dim;
      __builtin_memcpy(panel.row(r), from, p.dim * sizeof(float));
      add_row(p.solution, target_of(p, begin + r), from, 0, p.dim);
    }
    add_gram<1>(c, p.dim, 0, panel, rows);
  }
  factor(c, p.dim);
  float* sums = panel.at;
  __builtin_memcpy(sums, p.solution, p.dim * sizeof(float));
  solve(c, p.dim, p.solution);
  const double squares =
      static_cast<double>(p.count - p.others) + static_cast<double>(p.others) * p.target * p.target;
  return squares - dot(sums, p.solution, 0, p.dim);
}

double solve_by_rows(const RidgeRow& p) {
  const int64_t size = padded(p.count);
  const Matrix c{p.workspace, size};
  const Matrix columns{c.at + size * size, size};  // [dim, size]: D^(-1/2) Aᵀ
  float* const scale = columns.at + p.dim * size;  // [dim]: D^(-1/2)
  float* const z = scale + p.dim;                  // [size]
  for (int64_t d = 0; d < p.dim; ++d) scale[d] = 1 / __builtin_sqrtf(p.penalty[d]);
  for (int64_t d = 0; d < p.dim; ++d) clear(columns.row(d) + p.count, size - p.count);
  for (int64_t block = 0; block < p.dim; block += kRidgeLanes) {
    for (int64_t r = 0; r < p.count; ++r) {
      const float* from = p.features + int64_t{p.rows[r]} * p.dim;
      for (int64_t d = block; d < block + kRidgeLanes; ++d) {
        columns.row(d)[r] = from[d] * scale[d];
      }
    }
  }
  clear(c.at, size * size);
  for (int64_t r = 0; r < size; ++r) c.row(r)[r] = 1;
  add_gram<1>(c, size, 0, columns, p.dim);
  factor(c, size);
  double left = 0;
  for (int64_t r = 0; r < size; ++r) z[r] = r < p.count ? target_of(p, r) : 0;
  solve(c, size, z);
  for (int64_t r = 0; r < p.count; ++r) left += z[r] * target_of(p, r);
  for (int64_t d = 0; d < p.dim; ++d) {
    p.solution[d] = scale[d] * dot(columns.row(d), z, 0, size);
  }
  return left;
}

double solve_row(const RidgeRow& p) {
  return p.count < p.dim ? solve_by_rows(p) : solve_by_dimensions(p);
}

}  // namespace
}  // namespace marquee::models
