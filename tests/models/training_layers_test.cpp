// The layers that training on a processor has of its own, against PyTorch's.
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/layers/dropout.h"
#include "models/layers/gather.h"
#include "models/layers/history_encoder.h"
#include "models/layers/linear.h"
#include "models/layers/pair_loss.h"
#include "models/layers/softmax_loss.h"

namespace marquee::models {
namespace {

// result() and the gradients of its weighted sum by `inputs`.
template <typename Result>
std::vector<at::Tensor> with_gradients(const Result& result,
                                       const std::vector<at::Tensor>& inputs) {
  const at::Tensor value = result();
  const at::Tensor weights = torch::arange(1, value.numel() + 1).view(value.sizes()) * 0.1 + 1;
  std::vector<at::Tensor> all = torch::autograd::grad({(value * weights.sin()).sum()}, inputs);
  all.push_back(value.detach());
  return all;
}

void expect_same(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b,
                 double relative = 1e-4, double absolute = 1e-4) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(torch::allclose(a[i], b[i], relative, absolute))
        << i << ": " << (a[i] - b[i]).abs().max().item<double>();
  }
}

// Of 0 to 7 events, padded on the right, in no order of length.
Histories some_histories(const std::vector<int64_t>& lengths) {
  const auto batch = static_cast<int64_t>(lengths.size());
  const at::Tensor filled = torch::arange(7).unsqueeze(0).lt(torch::tensor(lengths).unsqueeze(1));
  Histories histories;
  histories.titles = torch::randint(1, 30, {batch, 7}, at::kLong) * filled;
  histories.signals = torch::rand({batch, 7}) * filled;
  histories.ages =
      std::get<0>(torch::rand({batch, 7}).mul(1e6).sort(1, /*descending=*/true)) * filled;
  return histories;
}

// The positions of all states, as models::Batch numbers them, in reverse order.
at::Tensor all_positions(const std::vector<int64_t>& lengths) {
  std::vector<int64_t> positions;
  for (size_t row = 0; row < lengths.size(); ++row) {
    for (int64_t t = 0; t <= lengths[row]; ++t) {
      positions.push_back(static_cast<int64_t>(row) * 8 + t);
    }
  }
  return torch::tensor(positions).flip(0).contiguous();
}

class Packed : public testing::TestWithParam<std::string> {};

// Histories one after the other give the states and gradients of padded ones; of length 0 and 1,
// in batches of several and of one.
TEST_P(Packed, StatesAndGradientsAreThoseOfPaddedHistories) {
  torch::manual_seed(1);
  for (const int64_t dim : {16, 24}) {
    for (const auto& lengths : std::vector<std::vector<int64_t>>{{3, 0, 7, 1, 5}, {0}, {1}, {7}}) {
      HistoryEncoder encoder(dim, 7, configs::HistoryConfig{.encoder = GetParam(), .blocks = 2});
      for (at::Tensor& parameter : encoder->parameters()) {
        const torch::NoGradGuard no_grad;
        parameter.normal_(0, 0.3);
      }
      encoder->eval();  // without dropout
      const Histories histories = some_histories(lengths);
      const at::Tensor positions = all_positions(lengths);
      const at::Tensor table = torch::randn({30, dim}).requires_grad_();
      std::vector<at::Tensor> inputs = encoder->parameters();
      inputs.push_back(table);
      // A history of none has nothing to say of signals; those get no gradient.
      const auto used = [&](const at::Tensor& out) {
        at::Tensor zero = torch::zeros({});
        for (const at::Tensor& input : inputs) zero = zero + input.sum() * 0;
        return out + zero;
      };
      const auto packed = with_gradients(
          [&] {
            return used(encoder->states_at(
                [&](const at::Tensor& ids) { return gather(table, ids); }, histories, positions));
          },
          inputs);
      const auto padded = with_gradients(
          [&] {
            const at::Tensor states =
                encoder->states(at::embedding(table, histories.titles), histories);
            return used(states.flatten(0, 1).index_select(0, positions));
          },
          inputs);
      expect_same(packed, padded, 1e-3, 1e-3);
    }
  }
}

// Longer histories than rows are looked at together, in several blocks of columns.
TEST_P(Packed, LongHistories) {
  torch::manual_seed(2);
  HistoryEncoder encoder(32, 100, configs::HistoryConfig{.encoder = GetParam(), .blocks = 1});
  for (at::Tensor& parameter : encoder->parameters()) {
    const torch::NoGradGuard no_grad;
    parameter.normal_(0, 0.3);
  }
  encoder->eval();
  Histories histories;
  histories.titles = torch::randint(1, 30, {2, 100}, at::kLong);
  histories.titles[1].slice(0, 53).zero_();
  histories.signals = torch::rand({2, 100});
  histories.ages =
      std::get<0>(torch::rand({2, 100}).mul(1e6).sort(1, true)) * histories.titles.gt(0);
  const at::Tensor table = torch::randn({30, 32}), positions = torch::tensor({100, 0, 60, 154});
  const at::Tensor packed = encoder->states_at(
      [&](const at::Tensor& ids) { return gather(table, ids); }, histories, positions);
  const at::Tensor padded = encoder->states(at::embedding(table, histories.titles), histories)
                                .flatten(0, 1)
                                .index_select(0, positions);
  EXPECT_TRUE(torch::allclose(packed, padded, 1e-3, 1e-4));
}

// With dropout the same seed gives the same, on any number of threads.
TEST_P(Packed, DropoutIsTheSameForAnyNumberOfThreads) {
  HistoryEncoder encoder(
      16, 7, configs::HistoryConfig{.encoder = GetParam(), .blocks = 2, .dropout = 0.5});
  torch::manual_seed(3);
  const Histories histories = some_histories({3, 0, 7, 1, 5, 6, 7, 2});
  const at::Tensor positions = all_positions({3, 0, 7, 1, 5, 6, 7, 2});
  const at::Tensor table = torch::randn({30, 16}).requires_grad_();
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    torch::manual_seed(4);
    return with_gradients(
        [&] {
          return encoder->states_at([&](const at::Tensor& ids) { return gather(table, ids); },
                                    histories, positions);
        },
        {table});
  };
  const int before = at::get_num_threads();
  const auto one = run(1), three = run(3), again = run(3);
  at::set_num_threads(before);
  expect_same(one, three, 0, 1e-5);  // PyTorch's own norms sum in another order
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(three[i], again[i])) << i;
  torch::manual_seed(5);
  const at::Tensor other = encoder->states_at(
      [&](const at::Tensor& ids) { return gather(table, ids); }, histories, positions);
  EXPECT_FALSE(torch::allclose(other, one.back(), 1e-2, 1e-2));
}

INSTANTIATE_TEST_SUITE_P(Forms, Packed, testing::Values("mean", "attention", "ligr", "hstu"),
                         [](const auto& tested) { return tested.param; });

TEST(RowsLinear, IsPyTorchs) {
  torch::manual_seed(1);
  for (const bool bias : {true, false}) {
    for (const int64_t width : {16, 48, 20}) {  // 20: by PyTorch itself
      torch::nn::Linear layer(torch::nn::LinearOptions(32, width).bias(bias));
      const at::Tensor x = torch::randn({203, 32}).requires_grad_();
      std::vector<at::Tensor> inputs = layer->parameters();
      inputs.push_back(x);
      expect_same(with_gradients([&] { return linear(layer, x); }, inputs),
                  with_gradients([&] { return layer(x); }, inputs));
    }
  }
}

TEST(Gather, IsAnEmbedding) {
  torch::manual_seed(1);
  const at::Tensor table = torch::randn({9, 5}).requires_grad_();
  // Rows that occur less often and much more often than a task is long.
  for (const int64_t count : {0, 1, 700, 5'000}) {
    const at::Tensor numbers = torch::randint(0, 9, {count, 3}, at::kLong);
    expect_same(with_gradients([&] { return gather(table, numbers); }, {table}),
                with_gradients([&] { return at::embedding(table, numbers); }, {table}), 1e-4, 1e-2);
  }
  EXPECT_EQ(gather(table, torch::zeros({0}, at::kLong)).sizes(), (std::vector<int64_t>{0, 5}));
}

TEST(WeightedBags, AreThoseOfAnEmbeddingBag) {
  torch::manual_seed(1);
  const at::Tensor table = torch::randn({9, 5}).requires_grad_();
  const at::Tensor numbers = torch::randint(0, 9, {301, 4}, at::kLong);
  const at::Tensor weights = torch::rand({301, 4});
  const auto plain = [&] {
    const at::Tensor counted = (weights * numbers.gt(0)).unsqueeze(2);
    return (at::embedding(table, numbers) * counted).sum(1);
  };
  const auto ours = with_gradients([&] { return weighted_bags(table, numbers, weights); }, {table});
  expect_same(ours, with_gradients(plain, {table}), 1e-4, 1e-3);
  const torch::NoGradGuard no_grad;  // as in export
  EXPECT_TRUE(torch::allclose(weighted_bags(table, numbers, weights), ours.back(), 1e-4, 1e-5));
}

// The loss as its definition has it, with every pair's layers in memory.
at::Tensor loss_of_pairs(const PairTask& task, Perceptron& p, const at::Tensor& others) {
  at::Tensor hidden = (p.users.unsqueeze(1) + p.titles.unsqueeze(0)).relu();
  for (const auto& layer : *p.layers) {
    hidden = layer->as<torch::nn::Linear>()->forward(hidden).relu();
  }
  const at::Tensor negatives = p.out(hidden).squeeze(-1);
  return pair_loss(task, others.defined() ? (negatives + others) / 2 : negatives);
}

// One layer to three, widths that are no multiples of vectors, more titles than a block has, by
// itself and as a half.
TEST(PerceptronLoss, IsThatOfEveryPair) {
  torch::manual_seed(1);
  for (const auto& widths : std::vector<std::vector<int64_t>>{{32}, {64, 32}, {20, 10, 5}}) {
    for (const std::string kind : {"softmax", "bce"}) {
      for (const bool with_others : {false, true}) {
        torch::nn::ModuleList layers;
        for (size_t i = 0; i + 1 < widths.size(); ++i) {
          layers->push_back(torch::nn::Linear(widths[i], widths[i + 1]));
        }
        const auto random = [](at::IntArrayRef sizes) {
          return torch::randn(sizes).requires_grad_();
        };
        Perceptron p{random({37, widths[0]}), random({101, widths[0]}), layers,
                     torch::nn::Linear(widths.back(), 1)};
        const at::Tensor others = with_others ? random({37, 101}) : at::Tensor();
        const PairTask task{kind, random({37}), torch::rand({37, 101}).lt(0.05),
                            torch::rand({101}).log()};
        std::vector<at::Tensor> inputs = layers->parameters();
        for (const at::Tensor& parameter : p.out->parameters()) inputs.push_back(parameter);
        inputs.insert(inputs.end(), {p.users, p.titles, task.positives});
        if (with_others) inputs.push_back(others);
        expect_same(with_gradients([&] { return perceptron_loss(task, p, others); }, inputs),
                    with_gradients([&] { return loss_of_pairs(task, p, others); }, inputs), 1e-3,
                    1e-5);
      }
    }
  }
}

TEST(Dropped, KeepsTheMeanAndDropsInTheGradientWhatItDropped) {
  torch::manual_seed(1);
  const at::Tensor x = torch::ones({200, 50}).requires_grad_();
  const at::Tensor out = dropped(x, 0.25, true);
  EXPECT_NEAR(out.mean().item<double>(), 1, 0.03);
  EXPECT_TRUE(torch::equal(torch::autograd::grad({out.sum()}, {x})[0], out.detach()));
  const at::Tensor base = torch::randn({200, 50}).requires_grad_();
  const at::Tensor added = add_dropped(base, x, 0.25, true);
  const auto gradients = torch::autograd::grad({added.sum()}, {base, x});
  EXPECT_TRUE(torch::equal(gradients[0], torch::ones({200, 50})));
  EXPECT_TRUE(torch::allclose(gradients[1], (added - base).detach(), 1e-5, 1e-5));
  EXPECT_TRUE(torch::equal(dropped(x, 0.25, false), x));
  EXPECT_TRUE(torch::equal(dropped(x, 0, true), x));
}

// Rows and titles beyond one block, and the same whatever the number of threads.
TEST(FullSoftmax, IsTheSameForAnyNumberOfThreads) {
  torch::manual_seed(1);
  const at::Tensor states = torch::randn({1000, 24}).requires_grad_();
  const at::Tensor vectors = torch::randn({6001, 24}).requires_grad_();
  const at::Tensor targets = torch::randint(1, 6001, {1000}, at::kLong);
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    const at::Tensor loss = full_softmax_loss(states, vectors, targets);
    auto all = torch::autograd::grad({loss}, {states, vectors});
    all.push_back(loss.detach());
    return all;
  };
  const int before = at::get_num_threads();
  const auto one = run(1), three = run(3);
  at::set_num_threads(before);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
  const at::Tensor plain =
      at::cross_entropy_loss(states.matmul(vectors.slice(0, 1).t()), targets - 1);
  auto expected = torch::autograd::grad({plain}, {states, vectors});
  expected.push_back(plain.detach());
  expect_same(one, expected, 1e-4, 1e-6);
}

// With factors of 8 bits: near.
TEST(FullSoftmax, InBfloat16IsNear) {
  torch::manual_seed(1);
  const at::Tensor states = torch::randn({100, 64}), vectors = torch::randn({500, 64}) * 0.3;
  const at::Tensor targets = torch::randint(1, 500, {100}, at::kLong);
  const double exact = full_softmax_loss(states, vectors, targets).item<double>();
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const double narrow = full_softmax_loss(states, vectors, targets).item<double>();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_NEAR(narrow, exact, 0.01 * exact);
}

}  // namespace
}  // namespace marquee::models
