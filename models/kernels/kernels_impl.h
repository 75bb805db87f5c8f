// The kernels for one instruction set. A file that includes this defines first:
//   kVectorBytes, the width of its registers, and kTileRows, the height of a tile of sums (two
//   vectors are its width).
// Everything is in an unnamed namespace and uses nothing from the standard library: a function that
// the linker shared between files would bring one file's instructions to processors without them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/kernels/kernels.h"

namespace marquee::models {
namespace {

using Floats = float __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
using Ints = int32_t __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
using Words = uint32_t __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
constexpr int64_t kWidth = kVectorBytes / sizeof(float);
constexpr int64_t kInnerAtOnce = 256;  // rows of a panel that stay in the first cache

Floats load(const float* at) { return *reinterpret_cast<const Floats*>(at); }
void store(float* at, Floats value) { *reinterpret_cast<Floats*>(at) = value; }

// ---- products

// kRows × kVectors vectors of C. The loops are flat, since the compiler unrolls no others and sums
// would not stay in registers.
template <int kRows, int kVectors>
void tile(const Product& p, int64_t row, int64_t column, int64_t begin, int64_t end, bool add) {
  constexpr int kSums = kRows * kVectors;
  float* const c = p.c.at + row * p.c.row + column;
  const float* const a = p.a.at + row * p.a.row;
  const float* const b = p.b.at + column / kPanelColumns * p.b.panel + column % kPanelColumns;
  Floats sums[kSums];
#pragma GCC unroll 32
  for (int n = 0; n < kSums; ++n) {
    sums[n] = add ? load(c + n / kVectors * p.c.row + n % kVectors * kWidth) : Floats{};
  }
  for (int64_t k = begin; k < end; ++k) {
    const float* const from = b + k * p.b.row;
    const float* const factor = a + k * p.a.column;
    Floats values[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) values[v] = load(from + v * kWidth);
#pragma GCC unroll 32
    for (int n = 0; n < kSums; ++n) {
      sums[n] += values[n % kVectors] * factor[n / kVectors * p.a.row];
    }
  }
#pragma GCC unroll 32
  for (int n = 0; n < kSums; ++n) {
    store(c + n / kVectors * p.c.row + n % kVectors * kWidth, sums[n]);
  }
}

template <int kVectors>
void tiles_of_columns(const Product& p, int64_t column, int64_t begin, int64_t end, bool add) {
  int64_t row = 0;
  for (; row + kTileRows <= p.rows; row += kTileRows) {
    tile<kTileRows, kVectors>(p, row, column, begin, end, add);
  }
  if constexpr (kTileRows > 8) {
    for (; row + 8 <= p.rows; row += 8) tile<8, kVectors>(p, row, column, begin, end, add);
  }
  for (; row + 4 <= p.rows; row += 4) tile<4, kVectors>(p, row, column, begin, end, add);
  for (; row < p.rows; ++row) tile<1, kVectors>(p, row, column, begin, end, add);
}

void multiply(const Product& p) {
  for (int64_t begin = 0; begin == 0 || begin < p.inner; begin += kInnerAtOnce) {
    const int64_t end = begin + kInnerAtOnce < p.inner ? begin + kInnerAtOnce : p.inner;
    const bool add = p.add || begin > 0;
    int64_t column = 0;
    for (; column + 2 * kWidth <= p.columns; column += 2 * kWidth) {
      tiles_of_columns<2>(p, column, begin, end, add);
    }
    for (; column < p.columns; column += kWidth) tiles_of_columns<1>(p, column, begin, end, add);
  }
}

// ---- rows

// The sum of lanes, of a tail as well: in an order that depends on `count` alone.
template <typename Step>
float sum_of(int64_t count, const Step& step) {
  Floats sums[2] = {};
  int64_t i = 0;
  for (; i + 2 * kWidth <= count; i += 2 * kWidth) {
    sums[0] += step(i);
    sums[1] += step(i + kWidth);
  }
  for (; i + kWidth <= count; i += kWidth) sums[0] += step(i);
  sums[0] += sums[1];
  float sum = 0;
  for (int64_t lane = 0; lane < kWidth; ++lane) sum += sums[0][lane];
  return sum;
}

// Calls step with vectors of x, the last one filled up; what it gives goes to `out`.
template <typename Step>
void for_rows(float* out, const float* x, int64_t count, const Step& step) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) store(out + i, step(load(x + i), i));
  if (i == count) return;
  float lanes[kWidth] = {};
  __builtin_memcpy(lanes, x + i, static_cast<std::size_t>(count - i) * sizeof(float));
  const Floats last = step(load(lanes), i);
  __builtin_memcpy(lanes, &last, sizeof lanes);
  __builtin_memcpy(out + i, lanes, static_cast<std::size_t>(count - i) * sizeof(float));
}

// e^x to 2 units in the last place: 2^n times a polynomial (Cephes' expf). Below -87: 0 to a
// smallest number.
Floats exponential(Floats x) {
  x = x < -87.0F ? Floats{} - 87.0F : x;
  x = x > 88.0F ? Floats{} + 88.0F : x;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number
  const Floats n = (x * 1.44269504088896341F + kRound) - kRound;
  const Floats r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  return p * reinterpret_cast<const Floats&>(power);
}

Floats sigmoid(Floats x) { return 1.0F / (1.0F + exponential(-x)); }

float row_max(const float* x, int64_t count) {
  float top = x[0];
  int64_t i = 0;
  if (count >= kWidth) {
    Floats tops = load(x);
    for (i = kWidth; i + kWidth <= count; i += kWidth) {
      const Floats values = load(x + i);
      tops = values > tops ? values : tops;
    }
    for (int64_t lane = 0; lane < kWidth; ++lane) top = tops[lane] > top ? tops[lane] : top;
  }
  for (; i < count; ++i) top = x[i] > top ? x[i] : top;
  return top;
}

float row_exp(float* x, int64_t count, float top) {
  float sum = sum_of(count, [&](int64_t i) {
    const Floats value = exponential(load(x + i) - top);
    store(x + i, value);
    return value;
  });
  const int64_t rest = count % kWidth;
  for_rows(x + count - rest, x + count - rest, rest,
           [&](Floats value, int64_t) { return exponential(value - top); });
  for (int64_t i = count - rest; i < count; ++i) sum += x[i];
  return sum;
}

float dot(const float* x, const float* y, int64_t count) {
  float sum = sum_of(count, [&](int64_t i) { return load(x + i) * load(y + i); });
  for (int64_t i = count - count % kWidth; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

void add_scaled(float* y, const float* x, float factor, int64_t count) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) store(y + i, load(y + i) + load(x + i) * factor);
  for (; i < count; ++i) y[i] += factor * x[i];
}

// MurmurHash3's finaliser of numbers that all differ.
Words hashed(Words numbers, uint32_t seed) {
  Words h = numbers * 0x9E3779B9U + seed;
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = (h ^ (h >> 13)) * 0xC2B2AE35U;
  return h ^ (h >> 16);
}

struct Dropped {
  explicit Dropped(const Dropout& dropout) : dropout_(dropout) {
    for (int64_t i = 0; i < kWidth; ++i) numbers_[i] = dropout.first + static_cast<uint32_t>(i);
  }
  // values: from the i-th on.
  Floats operator()(Floats values, int64_t i) const {
    if (dropout_.below == 0) return values * dropout_.scale;
    const Words hash = hashed(numbers_ + static_cast<uint32_t>(i), dropout_.seed);
    return hash < dropout_.below ? Floats{} : values * dropout_.scale;
  }
  const Dropout dropout_;
  Words numbers_;
};

void drop(float* out, const float* x, int64_t count, const Dropout& dropout) {
  for_rows(out, x, count, Dropped(dropout));
}

void add_dropped(float* out, const float* x, const float* change, int64_t count,
                 const Dropout& dropout) {
  const Dropped dropped(dropout);
  const int64_t whole = count - count % kWidth;
  for (int64_t i = 0; i < whole; i += kWidth)
    store(out + i, load(x + i) + dropped(load(change + i), i));
  float rest[kWidth];
  for_rows(rest, change + whole, count - whole,
           [&](Floats values, int64_t i) { return dropped(values, whole + i); });
  for (int64_t i = whole; i < count; ++i) out[i] = x[i] + rest[i - whole];
}

void softmax_backward(float* gradient, const float* x, float mean, int64_t count) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    store(gradient + i, (load(gradient + i) - mean) * load(x + i));
  }
  for (; i < count; ++i) gradient[i] = (gradient[i] - mean) * x[i];
}

void add_looked_up(float* y, const float* table, const uint8_t* places, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] += table[places[i]];
}

void add_relu(const Rows& out, const float* x, int64_t x_row, const float* y) {
  for (int64_t row = 0; row < out.rows; ++row) {
    float* const to = out.at + row * out.stride;
    const float* const from = x + row * x_row;
    for (int64_t i = 0; i < out.columns; i += kWidth) {
      const Floats sum = load(from + i) + load(y + i);
      store(to + i, sum > 0 ? sum : Floats{});
    }
  }
}

void dot_rows(float* out, const Rows& x, const float* y) {
  for (int64_t row = 0; row < x.rows; ++row) {
    const float* const from = x.at + row * x.stride;
    Floats sums = {};
    for (int64_t i = 0; i < x.columns; i += kWidth) sums += load(from + i) * load(y + i);
    float sum = 0;
    for (int64_t lane = 0; lane < kWidth; ++lane) sum += sums[lane];
    out[row] = sum;
  }
}

void outer(const Rows& out, const float* factors, const float* y) {
  for (int64_t row = 0; row < out.rows; ++row) {
    float* const to = out.at + row * out.stride;
    for (int64_t i = 0; i < out.columns; i += kWidth) store(to + i, load(y + i) * factors[row]);
  }
}

void add_rows(float* sum, const Rows& x, const float* factors) {
  for (int64_t i = 0; i < x.columns; i += kWidth) {
    Floats total = load(sum + i);
    for (int64_t row = 0; row < x.rows; ++row) {
      const Floats values = load(x.at + row * x.stride + i);
      total += factors == nullptr ? values : values * factors[row];
    }
    store(sum + i, total);
  }
}

void relu_backward(float* gradient, const float* out, int64_t count) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    store(gradient + i, load(out + i) > 0 ? load(gradient + i) : Floats{});
  }
  for (; i < count; ++i) gradient[i] = out[i] > 0 ? gradient[i] : 0;
}

void silu(float* out, const float* x, int64_t count, float factor) {
  for_rows(out, x, count, [&](Floats v, int64_t) { return v * sigmoid(v) * factor; });
}

void silu_backward(float* gradient, const float* x, int64_t count, float factor) {
  int64_t i = 0;
  const auto step = [&](Floats g, Floats v) {
    const Floats s = sigmoid(v);
    return g * s * (1.0F + v * (1.0F - s)) * factor;
  };
  for (; i + kWidth <= count; i += kWidth) {
    store(gradient + i, step(load(gradient + i), load(x + i)));
  }
  if (i == count) return;
  float values[kWidth] = {};
  __builtin_memcpy(values, x + i, static_cast<std::size_t>(count - i) * sizeof(float));
  for_rows(gradient + i, gradient + i, count - i,
           [&](Floats g, int64_t) { return step(g, load(values)); });
}

constexpr Kernels kTheseKernels = {multiply,      row_max,  row_exp,       dot,
                                   add_scaled,    drop,     add_dropped,   softmax_backward,
                                   add_looked_up, add_relu, relu_backward, dot_rows,
                                   outer,         add_rows, silu,          silu_backward};

}  // namespace
}  // namespace marquee::models
