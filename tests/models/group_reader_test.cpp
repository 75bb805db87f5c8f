#include "models/layers/group_reader.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace marquee::models {
namespace {

const at::Tensor kGroups = torch::tensor({0, 0, 1, 1, 2, 2, -1}, at::kLong);

TEST(GroupReader, KnowsWhatIsInOneDirection) {
  torch::manual_seed(1);
  const at::Tensor groups = torch::randint(0, 2, {4'000}, at::kLong);
  const at::Tensor noise = torch::randn({4'000, 3});
  EXPECT_LT(read_by_the_best(noise, groups, 2).item<double>(), 0.01);
  at::Tensor vectors = noise.clone();
  vectors.select(1, 1) = groups * 10.0;  // of variance 25; the others' is 1, and the ridge 9
  EXPECT_NEAR(read_by_the_best(vectors, groups, 2).item<double>(), 25.0 / (25 + 9), 0.01);
  // Half of the variance of x = ±1 + noise is the group's, and the ridge is as much again.
  vectors = torch::zeros({4'000, 1});
  vectors.select(1, 0) = groups * 2.0 - 1 + noise.select(1, 0);
  EXPECT_NEAR(read_by_the_best(vectors, groups, 2).item<double>(), 1.0 / (2 + 2), 0.02);
}

TEST(GroupReader, LeavesOutWhoseGroupIsNotKnown) {
  const at::Tensor vectors = torch::randn({7, 2});
  at::Tensor other = vectors.clone();
  other[6] = 1'000;
  EXPECT_EQ(read_by_the_best(vectors, kGroups, 3).item<float>(),
            read_by_the_best(other, kGroups, 3).item<float>());
  EXPECT_EQ(read_by_the_best(vectors, torch::full({7}, -1, at::kLong), 3).item<float>(), 0);
  EXPECT_EQ(read_by_the_best(vectors, torch::full({7}, 1, at::kLong), 3).item<float>(), 0);
  EXPECT_EQ(read_by_the_best(torch::ones({7, 2}), kGroups, 3).item<float>(), 0);
}

TEST(GroupReader, HasTheGradientOfItsValue) {
  const auto options = torch::TensorOptions(at::kFloat);
  torch::manual_seed(3);
  const at::Tensor vectors = torch::randn({7, 2}, options).requires_grad_();
  read_by_the_best(vectors, kGroups, 3).backward();
  const torch::NoGradGuard no_grad;
  for (int64_t i = 0; i < 7; ++i) {
    constexpr double kStep = 1e-2;
    const auto at = [&](double by) {
      at::Tensor moved = vectors.clone();
      moved[i][1] += by;
      return read_by_the_best(moved, kGroups, 3).item<double>();
    };
    EXPECT_NEAR(vectors.grad()[i][1].item<double>(), (at(kStep) - at(-kStep)) / (2 * kStep), 2e-3);
  }
}

}  // namespace
}  // namespace marquee::models
