#include "inference/diversity/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/random.h"

namespace marquee::inference {
namespace {

using Order = std::vector<uint32_t>;

struct Lists {
  std::vector<float> relevance;
  std::vector<float> vectors;
  size_t width;
  VectorTable table() const { return {vectors, width}; }
};

void make_unit(std::vector<float>& vectors, size_t width) {
  for (size_t row = 0; row + width <= vectors.size(); row += width) {
    float square = 0;
    for (size_t i = 0; i < width; ++i) square += vectors[row + i] * vectors[row + i];
    for (size_t i = 0; i < width; ++i) vectors[row + i] /= std::sqrt(square);
  }
}

// Vectors with the cosines 1 .9 .1 .3 | .9 1 .2 .4 | .1 .2 1 .6 | .3 .4 .6 1: Cholesky's factor.
Lists four() {
  const double s[4][4] = {{1, .9, .1, .3}, {.9, 1, .2, .4}, {.1, .2, 1, .6}, {.3, .4, .6, 1}};
  double lower[4][4] = {};
  Lists lists{{.9F, .85F, .5F, .6F}, {}, 4};
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j <= i; ++j) {
      double sum = s[i][j];
      for (int k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i == j ? std::sqrt(sum) : sum / lower[j][j];
    }
    for (int j = 0; j < 4; ++j) lists.vectors.push_back(static_cast<float>(lower[i][j]));
  }
  return lists;
}

// What an independent implementation (pyversity 0.2.0) was asked.
Lists twelve() {
  Lists lists{{}, {}, 4};
  for (int i = 0; i < 12; ++i) {
    lists.relevance.push_back(static_cast<float>(1 - .05 * i + .02 * (7 * i % 5)));
    for (int j = 0; j < 4; ++j) {
      lists.vectors.push_back(static_cast<float>(std::cos(.7 * i + 1.3 * j) + .25 * (i * j % 3)));
    }
  }
  make_unit(lists.vectors, 4);
  return lists;
}

std::vector<float> z_scores(const std::vector<float>& values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double square = 0;
  for (const float value : values) square += (value - mean) * (value - mean);
  std::vector<float> result;
  for (const float value : values) {
    result.push_back(static_cast<float>((value - mean) / std::sqrt(square / n)));
  }
  return result;
}

std::vector<float> quality(const std::vector<float>& relevance, double factor) {
  std::vector<float> result;
  for (const float each : relevance) result.push_back(static_cast<float>(std::exp(factor * each)));
  return result;
}

Lists random_lists(size_t n, size_t width, uint64_t seed) {
  Lists lists{{}, {}, width};
  RandomStream random(seed, "lists");
  for (size_t i = 0; i < n; ++i) lists.relevance.push_back(static_cast<float>(random.uniform()));
  for (size_t i = 0; i < n * width; ++i) {
    lists.vectors.push_back(static_cast<float>(random.normal()));
  }
  make_unit(lists.vectors, width);
  return lists;
}

TEST(Selection, MarginalRelevanceIsTheGolden) {
  const Lists lists = four();
  EXPECT_EQ(marginal_relevance(lists.relevance, lists.table(), 4, .1F), (Order{0, 1, 3, 2}));
  EXPECT_EQ(marginal_relevance(lists.relevance, lists.table(), 4, .3F), (Order{0, 3, 1, 2}));
  EXPECT_EQ(marginal_relevance(lists.relevance, lists.table(), 4, .5F), (Order{0, 2, 3, 1}));
}

TEST(Selection, DeterminantalIsTheGolden) {
  const Lists lists = four();
  const auto order = [&](double theta) {
    return determinantal(quality(lists.relevance, theta / (2 * (1 - theta))), lists.table(), 4);
  };
  EXPECT_EQ(order(.3), (Order{0, 2, 3, 1}));
  EXPECT_EQ(order(.5), (Order{0, 3, 2, 1}));
}

TEST(Selection, EqualsAnIndependentImplementation) {
  const Lists lists = twelve();
  const auto z = z_scores(lists.relevance);
  EXPECT_EQ(marginal_relevance(lists.relevance, lists.table(), 6, .5F), (Order{0, 2, 4, 7, 3, 1}));
  EXPECT_EQ(sum_of_distances(lists.relevance, lists.table(), 6, .5F), (Order{0, 4, 2, 7, 3, 8}));
  // Of vectors of four dimensions, whose determinant is 0 from the fifth title on.
  EXPECT_EQ(determinantal(quality(z, .5), lists.table(), 4), (Order{0, 2, 1, 7}));
  EXPECT_EQ(sliding_spectrum(z, lists.table(), 6, 6, .5F), (Order{0, 2, 4, 1, 3, 5}));
}

// Greedy with every value computed anew in each step, in double precision.
Order plain_marginal_relevance(const Lists& lists, size_t k, double diversity) {
  Order chosen;
  while (chosen.size() < k) {
    double best = -1e300;
    uint32_t next = 0;
    for (uint32_t i = 0; i < lists.relevance.size(); ++i) {
      if (std::ranges::find(chosen, i) != chosen.end()) continue;
      double nearest = 0;
      for (const uint32_t j : chosen) {
        const auto a = lists.table()[i], b = lists.table()[j];
        nearest = std::max(nearest, std::inner_product(a.begin(), a.end(), b.begin(), 0.0));
      }
      const double worth = (1 - diversity) * lists.relevance[i] - diversity * nearest;
      if (worth > best) best = worth, next = i;
    }
    chosen.push_back(next);
  }
  return chosen;
}

// The determinant of the kernel of some titles, by elimination.
double determinant(const Lists& lists, const std::vector<float>& quality, const Order& titles) {
  const size_t n = titles.size();
  std::vector<std::vector<double>> m(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const auto a = lists.table()[titles[i]], b = lists.table()[titles[j]];
      m[i][j] = double{quality[titles[i]]} * quality[titles[j]] *
                std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    }
  }
  double result = 1;
  for (size_t i = 0; i < n; ++i) {
    result *= m[i][i];
    for (size_t r = i + 1; r < n; ++r) {
      const double factor = m[r][i] / m[i][i];
      for (size_t c = i; c < n; ++c) m[r][c] -= factor * m[i][c];
    }
  }
  return result;
}

TEST(Selection, LazyIsGreedy) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Lists lists = random_lists(60, 12, seed);
    for (const double diversity : {0.1, 0.5, 0.9}) {
      EXPECT_EQ(
          marginal_relevance(lists.relevance, lists.table(), 20, static_cast<float>(diversity)),
          plain_marginal_relevance(lists, 20, diversity))
          << seed << " " << diversity;
    }
    // Each title adds most to the determinant.
    const auto of = quality(lists.relevance, 1);
    const Order chosen = determinantal(of, lists.table(), 6);
    for (size_t length = 1; length <= 6; ++length) {
      Order now(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(length));
      const double best = determinant(lists, of, now);
      for (uint32_t other = 0; other < 60; ++other) {
        if (std::find(now.begin(), now.end() - 1, other) != now.end() - 1) continue;
        now.back() = other;
        EXPECT_LE(determinant(lists, of, now), best * (1 + 1e-4));
      }
    }
  }
}

TEST(Selection, MoreTitlesThanDimensionsFollowByQuality) {
  const Lists lists = random_lists(40, 5, 3);
  const auto of = quality(lists.relevance, 1);
  const Order chosen = determinantal(of, lists.table(), 30);
  ASSERT_EQ(chosen.size(), 30U);
  EXPECT_EQ(std::set<uint32_t>(chosen.begin(), chosen.end()).size(), 30U);
  for (size_t i = 6; i < 30; ++i) EXPECT_GE(of[chosen[i - 1]], of[chosen[i]]) << i;
}

TEST(Selection, ASpectrumForgetsWhatLeftItsWindow) {
  // Titles of three directions in turn, equally relevant: with a window of 2, the third follows.
  Lists lists{std::vector<float>(9, 1), {}, 3};
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 3; ++j) lists.vectors.push_back(j == i / 3 ? 1 : 0);
  }
  const Order chosen = sliding_spectrum(lists.relevance, lists.table(), 2, 9, .5F);
  for (size_t i = 2; i < 9; ++i) {
    EXPECT_NE(chosen[i] / 3, chosen[i - 1] / 3) << i;
    EXPECT_NE(chosen[i] / 3, chosen[i - 2] / 3) << i;
  }
  // What was just seen is not what comes first.
  lists.vectors.insert(lists.vectors.end(), {1, 0, 0});
  EXPECT_NE(sliding_spectrum(lists.relevance, lists.table(), 5, 1, .5F)[0] / 3, 0U);
}

TEST(Selection, RelevanceAloneWithoutDiversity) {
  const Lists lists = random_lists(50, 8, 4);
  Order sorted(50);
  std::iota(sorted.begin(), sorted.end(), 0);
  std::ranges::stable_sort(sorted, std::greater{}, [&](uint32_t i) { return lists.relevance[i]; });
  sorted.resize(20);
  EXPECT_EQ(marginal_relevance(lists.relevance, lists.table(), 20, 0), sorted);
  EXPECT_EQ(sum_of_distances(lists.relevance, lists.table(), 20, 0), sorted);
  EXPECT_EQ(sliding_spectrum(lists.relevance, lists.table(), 20, 20, 0), sorted);
}

TEST(Selection, OfNothingOrMoreThanThereIs) {
  const Lists none{{}, {}, 3}, lists = random_lists(3, 3, 5);
  EXPECT_TRUE(marginal_relevance(none.relevance, none.table(), 5, .5F).empty());
  EXPECT_TRUE(sum_of_distances(none.relevance, none.table(), 5, .5F).empty());
  EXPECT_TRUE(determinantal(none.relevance, none.table(), 5).empty());
  EXPECT_TRUE(sliding_spectrum(none.relevance, none.table(), 5, 5, .5F).empty());
  EXPECT_EQ(marginal_relevance(lists.relevance, lists.table(), 9, .5F).size(), 3U);
  EXPECT_EQ(sum_of_distances(lists.relevance, lists.table(), 9, .5F).size(), 3U);
  EXPECT_EQ(determinantal(lists.relevance, lists.table(), 9).size(), 3U);
  EXPECT_EQ(sliding_spectrum(lists.relevance, lists.table(), 5, 9, .5F).size(), 3U);
  EXPECT_TRUE(determinantal(lists.relevance, lists.table(), 0).empty());
}

// A title of which nothing is known is not preferred to one that is known to be another kind.
TEST(Selection, WhatIsNotKnownIsHalfSimilar) {
  const std::vector<float> relevance{1, .9F, .9F, .9F};
  const std::vector<float> vectors{1, 0, 0, 0,
                                   1, 0, 0, 1};  // known, unknown, similar, another kind
  const VectorTable table(vectors, 2);
  EXPECT_EQ(marginal_relevance(relevance, table, 4, .5F), (Order{0, 3, 1, 2}));
  EXPECT_EQ(sum_of_distances(relevance, table, 3, .5F), (Order{0, 3, 1}));
  // For the determinant it is like no other, and the best one stays the first.
  EXPECT_EQ(determinantal(std::vector<float>{1, 2, 1, 1}, table, 1, 1)[0], 1U);
}

// Titles without features have vectors of length 0.
TEST(Selection, VectorsOfNoLength) {
  Lists lists = random_lists(10, 4, 6);
  std::fill(lists.vectors.begin(), lists.vectors.end(), 0.0F);
  EXPECT_EQ(determinantal(quality(lists.relevance, 1), lists.table(), 10).size(), 10U);
  EXPECT_EQ(sliding_spectrum(lists.relevance, lists.table(), 10, 10, .5F).size(), 10U);
}

}  // namespace
}  // namespace marquee::inference
