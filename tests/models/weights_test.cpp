#include "models/weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "tests/core/temp_folder.h"

namespace marquee::models {
namespace {

NamedTensors some_tensors() {
  torch::manual_seed(1);
  return {{"a", torch::randn({3, 4})},
          {"b.c", torch::arange(5)},
          {"empty", torch::zeros({0, 2})},
          {"scalar", torch::tensor(2.5)},
          {"bytes", torch::ones({7}, at::kByte)}};
}

TEST(Weights, AreReadBackBitForBit) {
  const TempFolder folder;
  const NamedTensors tensors = some_tensors();
  save_tensors(tensors, folder / "w.safetensors");
  const NamedTensors read = load_tensors(folder / "w.safetensors");
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors)
    EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
}

TEST(Weights, DamagedFilesAreErrorsAndNothingElse) {
  const TempFolder folder;
  save_tensors(some_tensors(), folder / "w");
  const std::string whole = read_file(folder / "w");
  RandomStream random(1, "damage");
  for (int i = 0; i < 2'000; ++i) {
    std::string text = whole.substr(0, i % 2 ? whole.size() : random.below(whole.size()));
    if (i % 2) text[random.below(std::min<size_t>(text.size(), 400))] ^= char(1 << random.below(8));
    write_file(folder / "damaged", text);
    try {
      load_tensors(folder / "damaged");
    } catch (const Error& e) {
      EXPECT_EQ(e.exit_code(), 3);
    }
  }
}

TEST(Weights, OnlyExactlyFittingOnesAreCopied) {
  const auto refusal = [](NamedTensors from, NamedTensors to) {
    try {
      copy_tensors(from, to, "w");
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const at::Tensor two = torch::zeros({2, 2}), three = torch::zeros({3, 3});
  EXPECT_EQ(refusal({{"a", two}}, {{"a", three}}), "w: a has another shape than this model's");
  EXPECT_EQ(refusal({}, {{"a", two}}), "w: a is missing");
  EXPECT_EQ(refusal({{"a", two}, {"b", two}}, {{"a", two}}), "w: b is not in this model");
  EXPECT_EQ(refusal({{"a", torch::ones({2, 2})}}, {{"a", two}}), "");
  EXPECT_EQ(two.sum().item<float>(), 4);
}

}  // namespace
}  // namespace marquee::models
