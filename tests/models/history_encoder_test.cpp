// The user tower: its states, and the last of them by the shorter way that serving takes.
#include "models/layers/history_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace marquee::models {
namespace {

class HistoryEncoders : public testing::TestWithParam<std::string> {};

// Histories of 0 to 7 events, padded on the right.
Histories some_histories() {
  Histories histories;
  const at::Tensor lengths = torch::arange(8).unsqueeze(1);
  const at::Tensor filled = torch::arange(7).unsqueeze(0).lt(lengths);
  histories.titles = torch::randint(1, 30, {8, 7}, at::kLong) * filled;
  histories.signals = torch::rand({8, 7}) * filled;
  histories.ages = std::get<0>(torch::rand({8, 7}).mul(1e6).sort(1, /*descending=*/true)) * filled;
  return histories;
}

TEST_P(HistoryEncoders, TheLastStateIsThatAfterTheLastEvent) {
  torch::manual_seed(1);
  const torch::NoGradGuard no_grad;
  for (const int64_t blocks : {1, 3}) {
    HistoryEncoder encoder(
        16, 7, configs::HistoryConfig{.encoder = GetParam(), .blocks = static_cast<int>(blocks)});
    // Larger weights than at the start, so that no difference is too small to see.
    for (at::Tensor& parameter : encoder->parameters()) parameter.normal_(0, 0.5);
    encoder->eval();
    const Histories histories = some_histories();
    const at::Tensor vectors = torch::randn({8, 7, 16});
    const at::Tensor states = encoder->states(vectors, histories);
    const at::Tensor last = encoder->last_state(vectors, histories);
    ASSERT_EQ(last.sizes(), (std::vector<int64_t>{8, 16}));
    for (int64_t row = 0; row < 8; ++row) {
      EXPECT_TRUE(torch::allclose(last[row], states[row][row], 1e-4, 1e-5)) << "length " << row;
    }
    // The vectors of the padding have no effect.
    const at::Tensor filled = histories.titles.gt(0).unsqueeze(2);
    EXPECT_TRUE(
        torch::allclose(encoder->last_state(vectors * filled, histories), last, 1e-4, 1e-5));
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, HistoryEncoders,
                         testing::Values("mean", "attention", "ligr", "hstu"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace marquee::models
