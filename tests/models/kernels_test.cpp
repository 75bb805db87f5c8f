// The kernels of every instruction set that this processor has, against the plain formulas.
#include "models/kernels/kernels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "models/kernels/panels.h"

namespace marquee::models {

// Each instruction set's own, of which kernels() picks one.
const Kernels& kernels_generic();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();
const Kernels& kernels_avx512_bf16();

namespace {

struct Set {
  std::string name;
  const Kernels* kernels;
  double error;  // of a factor of products
};
void PrintTo(const Set& set, std::ostream* out) { *out << set.name; }

std::vector<Set> sets() {
  constexpr double kOfFloats = 1e-6, kOfNarrow = 1.0 / 256;
  std::vector<Set> all = {{"generic", &kernels_generic(), kOfFloats}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) all.push_back({"avx2", &kernels_avx2(), kOfFloats});
  if (__builtin_cpu_supports("avx512f")) all.push_back({"avx512", &kernels_avx512(), kOfFloats});
  if (__builtin_cpu_supports("avx512bf16")) {
    all.push_back({"avx512_bf16", &kernels_avx512_bf16(), kOfNarrow});
  }
#endif
  return all;
}

class KernelSets : public testing::TestWithParam<Set> {
 protected:
  const Kernels& k() const { return *GetParam().kernels; }
};

// Sizes around those of tiles, of chunks and of panels; A as it is and transposed; B in rows and in
// panels; written and added to.
TEST_P(KernelSets, ProductsAreProducts) {
  torch::manual_seed(1);
  for (const int64_t rows : {1, 4, 11, 12, 25, 97}) {
    for (const int64_t inner : {1, 2, 33, 255, 257, 515}) {
      for (const int64_t columns : {16, 32, 48, 528}) {
        const at::Tensor a = torch::randn({rows, inner}), b = torch::randn({inner, columns});
        const at::Tensor a_transposed = a.t().contiguous(), before = torch::randn({rows, columns});
        const at::Tensor expected = a.to(at::kDouble).matmul(b.to(at::kDouble));
        const double error = GetParam().error * 16 * std::sqrt(static_cast<double>(inner));
        const Panels panels = Panels::of({b.const_data_ptr<float>(), columns}, inner, columns);
        for (int form = 0; form < 8; ++form) {
          const bool transposed = form & 1, packed = form & 2, add = form & 4;
          at::Tensor c = before.clone();
          const Product::Left left =
              transposed ? Product::Left{a_transposed.const_data_ptr<float>(), 1, rows}
                         : Product::Left{a.const_data_ptr<float>(), inner, 1};
          k().multiply({left,
                        packed ? panels.right()
                               : Product::Right{b.const_data_ptr<float>(), kPanelColumns, columns},
                        {c.mutable_data_ptr<float>(), columns},
                        rows,
                        inner,
                        columns,
                        add});
          const at::Tensor difference = c - (add ? expected + before : expected);
          ASSERT_LE(difference.abs().max().item<double>(), error)
              << rows << " x " << inner << " x " << columns << ", form " << form;
        }
      }
    }
  }
}

TEST_P(KernelSets, OfNothingIsNothing) {
  float value[16] = {7};
  k().multiply({{value, 1, 1}, {value, kPanelColumns, 16}, {value, 16}, 1, 0, 16, false});
  EXPECT_EQ(value[0], 0);
}

TEST_P(KernelSets, RowsOfAnyLength) {
  torch::manual_seed(2);
  for (const int64_t count : {1, 3, 4, 15, 16, 17, 37, 200}) {
    const at::Tensor x = torch::randn({count}) * 5, y = torch::randn({count});
    const float* const at = x.const_data_ptr<float>();
    const auto changed = [&](const at::Tensor& from, const auto& change) {
      at::Tensor copy = from.clone();
      change(copy.template mutable_data_ptr<float>());
      return copy;
    };
    EXPECT_EQ(k().row_max(at, count), x.max().item<float>());
    EXPECT_NEAR(k().dot(at, y.const_data_ptr<float>(), count), x.dot(y).item<float>(), 1e-3);
    float sum = 0;
    const at::Tensor powers = changed(x, [&](float* to) { sum = k().row_exp(to, count, 2); });
    EXPECT_TRUE(torch::allclose(powers, (x - 2).exp(), 1e-5, 1e-12)) << count;
    EXPECT_NEAR(sum, powers.sum().item<float>(), 1e-5 * sum);
    EXPECT_TRUE(torch::allclose(changed(y, [&](float* to) { k().add_scaled(to, at, 0.5F, count); }),
                                y + 0.5 * x));
    EXPECT_TRUE(torch::allclose(changed(x, [&](float* to) { k().silu(to, to, count, 0.25F); }),
                                at::silu(x) * 0.25, 1e-5, 1e-6));
    EXPECT_TRUE(
        torch::allclose(changed(y, [&](float* to) { k().silu_backward(to, at, count, 0.25F); }),
                        at::silu_backward(y, x) * 0.25, 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(
        changed(y, [&](float* to) { k().softmax_backward(to, at, 0.5F, count); }), (y - 0.5) * x));
    EXPECT_TRUE(torch::equal(changed(y, [&](float* to) { k().relu_backward(to, at, count); }),
                             y * x.gt(0)));
  }
}

// Far below and above what a float can be.
TEST_P(KernelSets, ExponentialsOfExtremes) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x = {-infinity, -1e30F, -200, -90, 0, 20};
  k().row_exp(x.data(), std::ssize(x), 0);
  for (int i = 0; i < 4; ++i) EXPECT_LT(x[i], 2e-38F) << i;
  EXPECT_EQ(x[4], 1);
  EXPECT_NEAR(x[5], std::exp(20.0), 1e3);
}

TEST_P(KernelSets, RowsOfMatrices) {
  torch::manual_seed(3);
  const at::Tensor x = torch::randn({5, 48}), y = torch::randn({48}), factors = torch::randn({5});
  at::Tensor out = torch::zeros({5, 48});
  const Rows rows{out.mutable_data_ptr<float>(), 48, 5, 48};
  k().add_relu(rows, x.const_data_ptr<float>(), 48, y.const_data_ptr<float>());
  EXPECT_TRUE(torch::equal(out, (x + y).relu()));
  at::Tensor sums = torch::ones({48});
  k().add_rows(sums.mutable_data_ptr<float>(), rows, factors.const_data_ptr<float>());
  EXPECT_TRUE(torch::allclose(sums, 1 + factors.matmul(out), 1e-4, 1e-5));
  sums.fill_(0);
  k().add_rows(sums.mutable_data_ptr<float>(), rows, nullptr);
  EXPECT_TRUE(torch::allclose(sums, out.sum(0), 1e-4, 1e-5));
  at::Tensor dots = torch::zeros({5});
  k().dot_rows(dots.mutable_data_ptr<float>(), rows, y.const_data_ptr<float>());
  EXPECT_TRUE(torch::allclose(dots, out.matmul(y), 1e-4, 1e-5));
  k().outer(rows, factors.const_data_ptr<float>(), y.const_data_ptr<float>());
  EXPECT_TRUE(torch::equal(out, factors.unsqueeze(1) * y));
  std::vector<float> table = {1, 10, 100}, looked_up = {0.5F, 0.5F, 0.5F, 0.5F};
  const std::vector<uint8_t> places = {2, 0, 0, 1};
  k().add_looked_up(looked_up.data(), table.data(), places.data(), 4);
  EXPECT_EQ(looked_up, (std::vector<float>{100.5F, 1.5F, 1.5F, 10.5F}));
}

// Of many elements the share that is asked for, in pieces the same as at once, and for every seed
// others.
TEST_P(KernelSets, DropoutDependsOnSeedAndNumber) {
  const int64_t count = 100'003;
  const at::Tensor x = torch::ones({count});
  const auto drop = [&](uint32_t seed, int64_t first, int64_t many) {
    at::Tensor out = torch::empty({many});
    const Dropout dropout{seed, static_cast<uint32_t>(0.2 * 4294967296.0), 1.25F,
                          static_cast<uint32_t>(first)};
    k().drop(out.mutable_data_ptr<float>(), x.const_data_ptr<float>(), many, dropout);
    return out;
  };
  const at::Tensor all = drop(1, 0, count);
  EXPECT_NEAR(all.eq(0).to(at::kDouble).mean().item<double>(), 0.2, 0.006);
  EXPECT_TRUE(torch::equal(all.slice(0, 12'345, 12'399), drop(1, 12'345, 54)));
  // Neighbours and seeds have nothing to do with each other: 0.2² of both.
  const at::Tensor dropped = all.eq(0), other = drop(2, 0, count).eq(0);
  EXPECT_NEAR((dropped & other).to(at::kDouble).mean().item<double>(), 0.04, 0.003);
  EXPECT_NEAR((dropped.slice(0, 1) & dropped.slice(0, 0, -1)).to(at::kDouble).mean().item<double>(),
              0.04, 0.003);
  at::Tensor added = torch::empty({77});
  const Dropout dropout{1, static_cast<uint32_t>(0.2 * 4294967296.0), 1.25F};
  k().add_dropped(added.mutable_data_ptr<float>(), x.const_data_ptr<float>(),
                  x.const_data_ptr<float>(), 77, dropout);
  EXPECT_TRUE(torch::equal(added, all.slice(0, 0, 77) + 1));
}

// Heads and histories: a part's choices are not those of another one, moved.
TEST(Dropout, PartsAreIndependent) {
  const Dropout whole{7, 1U << 31, 2};
  const auto dropped = [&](uint32_t part) {
    at::Tensor out = torch::ones({4096});
    kernels().drop(out.mutable_data_ptr<float>(), out.const_data_ptr<float>(), 4096,
                   dropout_of_part(whole, part));
    return out.eq(0);
  };
  const at::Tensor first = dropped(0), second = dropped(1);
  for (int64_t shift = 0; shift < 4; ++shift) {
    const at::Tensor both = first.slice(0, shift) & second.slice(0, 0, 4096 - shift);
    EXPECT_NEAR(both.to(at::kDouble).mean().item<double>(), 0.25, 0.03) << shift;
  }
}

INSTANTIATE_TEST_SUITE_P(All, KernelSets, testing::ValuesIn(sets()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace marquee::models
