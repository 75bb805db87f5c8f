#include "training/privacy/private_gradient.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace marquee::training {
namespace {

PrivacyPlan plan_of(double sampling, double noise, double clip) {
  PrivacyPlan plan;
  plan.learning = {sampling, noise, 1};
  plan.members = 1;
  plan.clip = clip;
  return plan;
}

class PrivateGradients : public testing::Test {
 protected:
  PrivateGradients() {
    weights_["table"] = torch::randn({200, 8}).requires_grad_();
    weights_["bias"] = torch::zeros({8}).requires_grad_();
    torch::NoGradGuard no_grad;
    weights_["table"][0].zero_();
  }
  // As backward() leaves them for one member.
  void gradient(double of_table, double of_bias) {
    weights_["table"].mutable_grad() = torch::full({200, 8}, of_table);
    weights_["bias"].mutable_grad() = torch::full({8}, of_bias);
  }
  double norm() {
    return std::hypot(weights_["table"].grad().norm().item<double>(),
                      weights_["bias"].grad().norm().item<double>());
  }
  models::NamedTensors weights_;
};

TEST_F(PrivateGradients, AMemberChangesTheSumByTheClipAtMost) {
  PrivateGradient gradients(weights_, plan_of(1, 0, 0.5));
  for (const double huge : {1e3, 1e30}) {
    gradient(huge, -huge);
    gradients.add_member();
    EXPECT_FALSE(weights_["bias"].grad().defined());
    gradients.finish();
    EXPECT_NEAR(norm(), 0.5, 1e-5) << huge;
  }
  gradient(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
  gradients.add_member();
  gradients.finish();
  EXPECT_EQ(norm(), 0) << "what is not a number counts as nothing";
}

TEST_F(PrivateGradients, ASmallGradientIsLeftAsItIs) {
  PrivateGradient gradients(weights_, plan_of(0.5, 0, 1));  // expects half a member
  gradient(0, 0.01);
  gradients.add_member();
  weights_["bias"].mutable_grad() = torch::full({8}, 0.02);  // and nothing of the table
  gradients.add_member();
  gradients.finish();
  EXPECT_NEAR(weights_["bias"].grad()[3].item<double>(), 0.03 / 0.5, 1e-6);
  gradients.finish();
  EXPECT_EQ(norm(), 0) << "the next sum begins at 0";
}

TEST_F(PrivateGradients, EveryParameterGetsNoiseButPadding) {
  PrivateGradient gradients(weights_, plan_of(1, 4, 0.5));
  gradients.finish();  // of nobody
  const at::Tensor table = weights_["table"].grad();
  EXPECT_NEAR(table.slice(0, 1).std().item<double>(), 2, 0.2);
  EXPECT_EQ(table[0].norm().item<double>(), 0);
  EXPECT_GT(weights_["bias"].grad().abs().min().item<double>(), 0);
}

TEST_F(PrivateGradients, MembersAreDrawnByChance) {
  PrivateGradient gradients(weights_, plan_of(0.05, 1, 1));
  std::vector<int> times(1'000);
  std::set<size_t> sizes;
  for (int step = 0; step < 400; ++step) {
    const auto drawn = gradients.draw(1'000);
    sizes.insert(drawn.size());
    for (const int64_t member : drawn) ++times[static_cast<size_t>(member)];
  }
  double total = 0;
  for (const int n : times) total += n;
  EXPECT_NEAR(total / 400'000, 0.05, 0.002);  // six standard deviations
  EXPECT_GT(sizes.size(), 10U) << "a Poisson sample has another size each time";
  EXPECT_TRUE(std::ranges::all_of(times, [](int n) { return n > 0 && n < 60; }));
}

}  // namespace
}  // namespace marquee::training
