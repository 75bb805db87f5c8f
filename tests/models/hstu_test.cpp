#include "models/layers/hstu.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace marquee::models {
namespace {

struct Case {
  at::Tensor queries, keys, values, positions, times;
  Relations between;
};

Case make_case(bool with_gaps) {
  torch::manual_seed(3);
  const int64_t batch = 7, heads = 2, length = 5, width = 3;
  const auto random = [&] {
    return torch::randn({batch, heads, length, width}, at::kDouble).to(at::kFloat).requires_grad_();
  };
  Case c;
  c.queries = random();
  c.keys = random();
  c.values = random();
  c.positions = torch::randn({length, length}).requires_grad_();
  c.times = with_gaps ? torch::randn({64}).requires_grad_() : at::Tensor();
  const at::Tensor ages = torch::rand({batch, length - 1}).mul(1e6).cumsum(1).flip(1);
  c.between = relations(ages, with_gaps);
  return c;
}

TEST(Hstu, IsItsDefinition) {
  for (const bool with_gaps : {true, false}) {
    const Case c = make_case(with_gaps);
    const at::Tensor out =
        hstu_attention(c.queries, c.keys, c.values, {c.positions, c.times}, c.between);
    for (int64_t b = 0; b < 7; ++b) {
      for (int64_t h = 0; h < 2; ++h) {
        for (int64_t i = 0; i < 5; ++i) {
          at::Tensor sum = torch::zeros({3});
          for (int64_t j = 0; j <= i; ++j) {
            double score = c.queries[b][h][i].dot(c.keys[b][h][j]).item<double>() +
                           c.positions[i][j].item<double>();
            if (with_gaps) score += c.times[c.between.gaps[b][i][j]].item<double>();
            sum = sum +
                  score / (1 + std::exp(-score)) / static_cast<double>(i + 1) * c.values[b][h][j];
          }
          EXPECT_TRUE(torch::allclose(out[b][h][i], sum, 1e-4, 1e-5)) << b << h << i;
        }
      }
    }
  }
}

// The gradients that are written by hand are those that autograd finds.
TEST(Hstu, GradientsAreThoseOfAutograd) {
  for (const bool with_gaps : {true, false}) {
    const Case c = make_case(with_gaps);
    const at::Tensor weights = torch::randn(c.values.sizes());
    std::vector<at::Tensor> inputs = {c.queries, c.keys, c.values, c.positions};
    if (with_gaps) inputs.push_back(c.times);
    const auto gradients = [&](const auto& attention) {
      const at::Tensor out =
          attention(c.queries, c.keys, c.values, HstuBias{c.positions, c.times}, c.between);
      return torch::autograd::grad({(out * weights).sum()}, inputs);
    };
    const auto by_hand = gradients(hstu_attention), automatic = gradients(hstu_attention_at_once);
    for (size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_TRUE(torch::allclose(by_hand[i], automatic[i], 1e-4, 1e-5)) << "input " << i;
    }
  }
}

TEST(Hstu, GapsAreFromAnEventToTheTimeOfAState) {
  // Events 100, 40 and 10 seconds before the request: states are at 100, 40, 10 and 0.
  const Relations between = relations(torch::tensor({{100.0F, 40.0F, 10.0F}}), true);
  const auto bucket = [](double seconds) {
    return static_cast<int64_t>(std::floor(2 * std::log2(seconds + 1)));
  };
  EXPECT_EQ(between.gaps[0][1][1].item<int64_t>(), bucket(60));  // event 1, seen at event 2
  EXPECT_EQ(between.gaps[0][3][1].item<int64_t>(), bucket(100));
  EXPECT_EQ(between.gaps[0][3][3].item<int64_t>(), bucket(10));
  EXPECT_EQ(between.distances[3][1].item<int64_t>(), 2);
  EXPECT_EQ(between.shares[1][2].item<float>(), 0);  // what comes after is not seen
}

}  // namespace
}  // namespace marquee::models
