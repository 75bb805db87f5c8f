#include "training/optim/adamw.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace marquee::training {
namespace {

TEST(AdamW, TakesTheStepsOfLibTorchsOwn) {
  torch::manual_seed(1);
  at::Tensor mine = torch::randn({5, 3}).requires_grad_();
  at::Tensor theirs = mine.detach().clone().requires_grad_();
  AdamWOptions options;
  options.weight_decay = 0.1;
  options.clip_norm = 0.5;
  AdamW optimizer({{"w", mine}}, options);
  torch::optim::AdamW reference({theirs}, torch::optim::AdamWOptions(0.01)
                                              .betas({options.beta1, options.beta2})
                                              .eps(options.epsilon)
                                              .weight_decay(0.1));
  const at::Tensor target = torch::randn({5, 3});
  for (int i = 0; i < 20; ++i) {
    (mine - target).pow(2).sum().backward();
    optimizer.step(0.01);
    reference.zero_grad();
    (theirs - target).pow(2).sum().backward();
    torch::nn::utils::clip_grad_norm_({theirs}, 0.5);
    reference.step();
  }
  EXPECT_TRUE(torch::allclose(mine, theirs, 1e-5, 1e-6));
}

TEST(AdamW, VectorsAreNotDecayed) {
  at::Tensor bias = torch::ones({4}).requires_grad_();
  at::Tensor matrix = torch::ones({4, 1}).requires_grad_();
  AdamWOptions options;
  options.weight_decay = 0.5;
  AdamW optimizer({{"bias", bias}, {"matrix", matrix}}, options);
  ((bias + matrix) * 0).sum().backward();
  optimizer.step(0.1);
  EXPECT_EQ(bias.sum().item<float>(), 4);
  EXPECT_LT(matrix.sum().item<float>(), 4);
}

}  // namespace
}  // namespace marquee::training
