#include "training/weight_average.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace marquee::training {
namespace {

// In the first steps the mean keeps 1/10, 2/11, ... of itself.
TEST(WeightAverage, ForgetsItsBeginningAndThenChangesSlowly) {
  const at::Tensor weights = torch::zeros({2});
  WeightAverage average({{"w", weights}}, 0.5);
  double expected = 0;
  for (int64_t step = 0; step < 20; ++step) {
    weights.fill_(static_cast<double>(step + 1));
    average.add(step);
    const double kept = std::min(0.5, double(step + 1) / double(step + 10));
    expected = kept * expected + (1 - kept) * double(step + 1);
  }
  EXPECT_NEAR(average.state().at("average.w")[0].item<double>(), expected, 1e-5);
  EXPECT_EQ(weights[0].item<double>(), 20);
}

TEST(WeightAverage, IsExchangedWithTheWeightsAndBack) {
  const at::Tensor weights = torch::zeros({1});
  WeightAverage average({{"w", weights}}, 0.9);
  weights.fill_(10);
  average.add(0);
  average.exchange();
  EXPECT_NEAR(weights.item<double>(), 9, 1e-6);
  average.exchange();
  EXPECT_EQ(weights.item<double>(), 10);
}

}  // namespace
}  // namespace marquee::training
