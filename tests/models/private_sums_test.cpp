#include "models/classic/private_sums.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace marquee::models {
namespace {

// Users with more and more titles: user u has titles 1 to u + 1.
SparseRows staircase(int64_t users) {
  SparseRows rows;
  rows.offsets.push_back(0);
  for (int64_t user = 0; user < users; ++user) {
    for (int64_t title = 1; title <= user + 1; ++title) {
      rows.values.push_back(static_cast<uint32_t>(title));
    }
    rows.offsets.push_back(static_cast<int64_t>(rows.values.size()));
  }
  return rows;
}

TEST(PrivateSums, AMemberCountsForSoManyTitlesAtMost) {
  const SparseRows rows = staircase(50);
  const auto drawn_with = [&](uint64_t seed) {
    RandomStream random(seed, "test");
    return sampled_rows(rows, 5, random);
  };
  const SparseRows sampled = drawn_with(1);
  std::vector<int> drawn(51);
  for (int64_t user = 0; user < 50; ++user) {
    EXPECT_EQ(std::ssize(sampled[user]), std::min<int64_t>(user + 1, 5));
    EXPECT_TRUE(std::ranges::is_sorted(sampled[user]));
    for (const uint32_t title : sampled[user]) {
      EXPECT_LE(title, user + 1);
      ++drawn[title];
    }
  }
  EXPECT_EQ(sampled.values, drawn_with(1).values);
  EXPECT_NE(sampled.values, drawn_with(2).values);
  EXPECT_GT(std::accumulate(drawn.begin() + 26, drawn.end(), 0), 20) << "any title can be drawn";
}

TEST(PrivateSums, WithoutNoiseTheyAreTheSums) {
  const InteractionMatrix interactions(staircase(20), 25);
  RandomStream random(1, "test");
  const at::Tensor vectors = torch::randn({20, 4}, at::kDouble);
  const MemberSums sums = noisy_sums(interactions, vectors, 20, 0, random);
  EXPECT_TRUE(at::allclose(sums.gramian, vectors.t().matmul(vectors)));
  EXPECT_TRUE(at::allclose(sums.of_titles[3], vectors.slice(0, 2).sum(0)));
  EXPECT_TRUE(at::equal(sums.of_titles[0], torch::zeros({4}, at::kDouble)));
  const auto counts = noisy_counts(interactions, 20, 0, random);
  EXPECT_EQ(counts[1], 20);
  EXPECT_EQ(counts[20], 1);
  EXPECT_EQ(counts[21], 0);
}

// One member changes the sums of titles by the root of `most` and the Gramian by 1, so that noise
// of n times as much, with shares of 0.9 and 0.1, is what these have.
TEST(PrivateSums, TheNoiseIsAsLargeAsAMemberRequires) {
  constexpr double kNoise = 3;
  const InteractionMatrix interactions(staircase(2), 5'000);
  RandomStream random(1, "test");
  const MemberSums sums = noisy_sums(interactions, torch::zeros({2, 8}), 25, kNoise, random);
  EXPECT_NEAR(sums.of_titles.std().item<double>(), kNoise * 5 / std::sqrt(0.9), 0.3);
  EXPECT_GE(std::get<0>(at::linalg_eigh(sums.gramian)).min().item<double>(), -1e-9);
  const auto counts = noisy_counts(interactions, 25, kNoise, random);
  double squares = 0;
  for (const int64_t count : counts) {
    EXPECT_GE(count, 0);
    squares += static_cast<double>(count * count);
  }
  // Half of the noise is below 0 and cut off.
  EXPECT_NEAR(std::sqrt(2 * squares / 5'000), kNoise * 5, 1);
}

TEST(PrivateSums, TheSecretStreamIsAnotherOneEachTime) {
  EXPECT_NE(secret_stream().state(), secret_stream().state());
}

}  // namespace
}  // namespace marquee::models
