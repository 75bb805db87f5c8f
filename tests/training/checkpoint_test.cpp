#include "training/checkpoint.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/file.h"
#include "core/log.h"
#include "tests/core/temp_folder.h"

namespace marquee::training {
namespace {

Checkpoint checkpoint_at(int64_t step) {
  Checkpoint checkpoint;
  checkpoint.state.step = step;
  checkpoint.state.losses = {1.5, 2.5};
  checkpoint.state.curve = {{10, 1, 3.5, {0.25, 0.5, 0.9, 7}}, {12, 1, 3.25, {}}};
  checkpoint.weights["w"] = torch::full({2}, static_cast<float>(step));
  checkpoint.optimizer["m"] = torch::zeros({1});
  return checkpoint;
}

TEST(Checkpoints, TheNewestIsLoadedCompletely) {
  const TempFolder folder;
  Checkpoints checkpoints(folder / "c", 2);
  EXPECT_FALSE(checkpoints.load_newest().has_value());
  for (const int64_t step : {5, 10, 15}) checkpoints.save(checkpoint_at(step));
  const auto newest = checkpoints.load_newest();
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(newest->state.to_json(), checkpoint_at(15).state.to_json());
  EXPECT_EQ(newest->weights.at("w")[0].item<float>(), 15);
}

TEST(Checkpoints, OnlyTheNewestAreKept) {
  const TempFolder folder;
  Checkpoints checkpoints(folder / "c", 2);
  for (const int64_t step : {5, 10, 15}) checkpoints.save(checkpoint_at(step));
  EXPECT_FALSE(std::filesystem::exists(folder / "c" / "step-0000000005"));
  EXPECT_TRUE(std::filesystem::exists(folder / "c" / "step-0000000010"));
}

TEST(Checkpoints, ADamagedOneIsPassedOver) {
  log::configure(log::Level::kError, log::Format::kText);
  const TempFolder folder;
  Checkpoints checkpoints(folder / "c", 2);
  for (const int64_t step : {5, 10}) checkpoints.save(checkpoint_at(step));
  const auto file = folder / "c" / "step-0000000010" / "model.safetensors";
  std::string bytes = read_file(file);
  bytes.back() ^= 1;
  write_file(file, bytes);
  EXPECT_EQ(checkpoints.load_newest()->state.step, 5);
}

}  // namespace
}  // namespace marquee::training
