// What differs on a GPU: each test compares with the CPU, and skips where there is no device.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <thread>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/sha256.h"
#include "inference/open_bundle.h"
#include "inference/ranker.h"
#include "models/device.h"
#include "models/layers/softmax_loss.h"
#include "tests/inference/tiny_bundle.h"
#include "tests/models/tiny_dataset.h"
#include "training/optim/adamw.h"
#include "training/train.h"

namespace marquee {
namespace {

class Gpu : public testing::Test {
 protected:
  void SetUp() override {
    if (models::resolve_device("auto") != "cuda") GTEST_SKIP() << "no CUDA device";
    log::configure(log::Level::kOff, log::Format::kText);
    Progress::set_quiet(true);
    tiny_dataset(folder_);
  }
  void TearDown() override { set_interrupted(false); }

  training::TrainOptions options(const std::string& name, const std::string& loss) {
    training::TrainOptions options;
    options.config = configs::parse_config(
        "model: {dim: 16, history: {blocks: 1, dropout: 0.1}, loss: {kind: " + loss +
            "}}\ndata: {max_history: 8}\n"
            "train: {epochs: 6, batch_size: 16, learning_rate: 0.01, warmup_steps: 4, "
            "log_every_steps: 1, checkpoint_every_steps: 5, patience: 0}\n",
        "test.yaml");
    options.dataset = folder_ / "dataset";
    options.out = folder_ / name;
    options.device = "cuda";
    return options;
  }
  std::string weights(const std::string& run) {
    return sha256_file(folder_ / run / "best" / "model.safetensors");
  }
  Json curve(const std::string& run) { return read_manifest(folder_ / run).facts.at("curve"); }

  TempFolder folder_;
};

TEST_F(Gpu, LearnsAsTheCpuDoes) {
  for (const char* device : {"cpu", "cuda"}) {
    auto train_options = options(device, "full");
    train_options.device = device;
    train_options.config.model.history.dropout = 0;
    train_options.config.model.title.id_dropout = 0;
    EXPECT_EQ(training::train(train_options).device, device);
  }
  const Json cpu = curve("cpu"), cuda = curve("cuda");
  ASSERT_EQ(cpu.size(), cuda.size());
  EXPECT_NEAR(cpu.front().at("loss").get<double>(), cuda.front().at("loss").get<double>(), 1e-4);
  EXPECT_NEAR(cpu.back().at("loss").get<double>(), cuda.back().at("loss").get<double>(), 1e-2);
}

TEST_F(Gpu, SameSeedSameWeights) {
  for (const std::string loss : {"full", "sampled", "reinforce"}) {
    training::train(options("one-" + loss, loss));
    training::train(options("two-" + loss, loss));
    EXPECT_EQ(weights("one-" + loss), weights("two-" + loss)) << loss;
  }
}

TEST_F(Gpu, ResumedEndsWhereAnUninterruptedRunEnds) {
  training::train(options("straight", "sampled"));
  auto resumed = options("resumed", "sampled");
  for (int wait_ms = 20;; wait_ms += 20) {
    std::jthread later([wait_ms] {
      std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
      set_interrupted(true);
    });
    const auto summary = training::train(resumed);
    later.join();
    set_interrupted(false);
    resumed.resume = true;
    if (!summary.interrupted) break;
  }
  EXPECT_EQ(weights("resumed"), weights("straight"));
}

TEST_F(Gpu, BFloat16Learns) {
  auto train_options = options("run", "full");
  train_options.config.train.epochs = 30;
  train_options.config.train.precision = "bf16";
  EXPECT_GT(training::train(train_options).best.ndcg, 0.85);
}

TEST_F(Gpu, FullSoftmaxIsThatOfTheCpu) {
  torch::manual_seed(1);
  const at::Tensor states = torch::randn({97, 16}), vectors = torch::randn({5'001, 16});
  const at::Tensor targets = torch::randint(1, 5'001, {97});
  std::vector<std::vector<at::Tensor>> results;
  for (const auto device : {at::kCPU, at::kCUDA}) {
    const at::Tensor s = states.to(device).requires_grad_(),
                     v = vectors.to(device).requires_grad_();
    const at::Tensor loss = models::full_softmax_loss(s / 0.5, v, targets.to(device));
    auto gradients = torch::autograd::grad({loss}, {s, v});
    results.push_back({loss.cpu(), gradients[0].cpu(), gradients[1].cpu()});
  }
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(torch::allclose(results[0][i], results[1][i], 1e-4, 1e-5)) << i;
  }
}

TEST_F(Gpu, AdamWTakesTheStepsOfTheCpu) {
  torch::manual_seed(2);
  const at::Tensor start = torch::randn({50, 7}), target = torch::randn({50, 7});
  std::vector<at::Tensor> ends;
  for (const auto device : {at::kCPU, at::kCUDA}) {
    at::Tensor w = start.to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
    w.requires_grad_();
    training::AdamW optimizer({{"w", w}}, {});
    for (int i = 0; i < 20; ++i) {
      (w - target.to(device)).pow(2).sum().backward();
      optimizer.step(0.01);
    }
    ends.push_back(w.detach().cpu());
  }
  EXPECT_TRUE(torch::allclose(ends[0], ends[1], 1e-5, 1e-6));
}

// The golden answers are those of the CPU: loading checks the GPU's against them.
TEST_F(Gpu, ABundleAnswersAsOnTheCpu) {
  tests::write_bundle(tests::random_bundle(300, 16), folder_ / "bundle");
  const auto cpu = inference::open_bundle(folder_ / "bundle");
  const auto cuda = inference::open_bundle(folder_ / "bundle", "cuda");
  const inference::UserHistory user{{5, 9, 200}, {1, 0.5F, 0.8F}, {900, 50, 0}};
  const auto expected = inference::Ranker(*cpu).encode({&user, 1});
  const auto got = inference::Ranker(*cuda).encode({&user, 1});
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5);
}

}  // namespace
}  // namespace marquee
