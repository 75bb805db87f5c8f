#include "training/train.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <thread>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/text.h"
#include "data/ingest.h"
#include "models/weights.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::training {
namespace {

constexpr double kFirstLoss = 3.4393;
constexpr double kLastLoss = 2.0179;

class Training : public testing::Test {
 protected:
  Training() : dataset_(tiny_dataset(folder_)) {
    log::configure(log::Level::kOff, log::Format::kText);
    Progress::set_quiet(true);
  }
  ~Training() override { set_interrupted(false); }

  TrainOptions options(const std::string& name, const std::string& loss = "full") {
    TrainOptions options;
    options.config = configs::parse_config(
        "model: {dim: 16, history: {blocks: 1, dropout: 0.1}, loss: {kind: " + loss +
            "}}\ndata: {max_history: 8}\n"
            "train: {epochs: 6, batch_size: 16, learning_rate: 0.01, warmup_steps: 4, "
            "log_every_steps: 3, checkpoint_every_steps: 5, patience: 0}\n",
        "test.yaml");
    options.dataset = folder_ / "dataset";
    options.out = folder_ / name;
    options.device = "cpu";
    return options;
  }
  std::string weights(const std::string& run) {
    return sha256_file(folder_ / run / "best" / "model.safetensors");
  }

  TempFolder folder_;
  data::Dataset dataset_;
};

TEST_F(Training, LearnsToPredictFromOrder) {
  auto train_options = options("run");
  train_options.config.train.epochs = 30;
  const TrainSummary summary = train(train_options);
  EXPECT_GT(summary.best.ndcg, 0.9);  // the next title is always the successor
}

TEST_F(Training, SameSeedSameWeights) {
  for (const char* loss : {"full", "sampled", "reinforce"}) {
    train(options(std::string("one-") + loss, loss));
    train(options(std::string("two-") + loss, loss));
    EXPECT_EQ(weights(std::string("one-") + loss), weights(std::string("two-") + loss));
    auto other = options(std::string("three-") + loss, loss);
    other.config.train.seed = 2;
    train(other);
    EXPECT_NE(weights(std::string("one-") + loss), weights(std::string("three-") + loss));
  }
}

TEST_F(Training, ResumedEndsWhereAnUninterruptedRunEnds) {
  for (const char* loss : {"full", "sampled"}) {
    train(options(std::string("straight-") + loss, loss));
    auto resumed = options(std::string("resumed-") + loss, loss);
    // Interrupted again and again, each time at another point.
    int interruptions = 0;
    for (int wait_ms = 5;; wait_ms += 7) {
      std::jthread later([wait_ms] {
        std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
        set_interrupted(true);
      });
      const TrainSummary summary = train(resumed);
      later.join();
      set_interrupted(false);
      resumed.resume = true;
      if (!summary.interrupted) break;
      ++interruptions;
    }
    EXPECT_GT(interruptions, 0);
    EXPECT_EQ(weights(std::string("resumed-") + loss), weights(std::string("straight-") + loss));
    const auto curve = [&](const std::string& run) {
      return read_manifest(folder_ / run).facts.at("curve");
    };
    EXPECT_EQ(curve(std::string("resumed-") + loss), curve(std::string("straight-") + loss));
  }
}

TEST_F(Training, StartsFromWhatAnotherRunLearned) {
  train(options("first"));
  auto second = options("second", "reinforce");
  second.from = folder_ / "first";
  second.config.train.learning_rate = 1e-7;  // so that it stays where it starts
  train(second);
  const auto first = models::load_tensors(folder_ / "first/best/model.safetensors");
  const auto start = models::load_tensors(folder_ / "second" / kStartFile);
  const auto end = models::load_tensors(folder_ / "second/best/model.safetensors");
  EXPECT_EQ(start.size(), first.size() + 1);  // and how the log was made
  for (const auto& [name, tensor] : first) {
    EXPECT_TRUE(at::equal(start.at(name), tensor)) << name;
    EXPECT_LT(at::max(at::abs(end.at(name) - tensor)).item<double>(), 1e-4) << name;
  }
  const TrainedModel trained = load_trained(folder_ / "first", dataset_);
  EXPECT_TRUE(at::equal(start.at("behaviour"), trained.model->title_vectors()));
  const Manifest run = read_manifest(folder_ / "second");
  EXPECT_EQ(run.sources.at(1).sha256, read_manifest(folder_ / "first").sha256);
}

// A second run with rewards starts with what the first one learned of the log, not with its policy.
TEST_F(Training, WhatWasLearnedOfTheLogIsKept) {
  auto first = options("first", "reinforce");
  first.config.train.epochs = 3;
  train(first);
  auto second = options("second", "reinforce");
  second.from = first.out;
  train(second);
  const auto learned = models::load_tensors(first.out / "best/model.safetensors").at("behaviour");
  EXPECT_TRUE(at::equal(models::load_tensors(second.out / kStartFile).at("behaviour"), learned));
  // The newest weights are taken, whatever the next titles of the log say of them.
  EXPECT_EQ(read_manifest(second.out).fact<int64_t>("best_step"),
            read_manifest(second.out).fact<int64_t>("steps"));
}

TEST_F(Training, ARunThatStartsFromAnotherResumesLikeAnyOther) {
  train(options("first"));
  auto straight = options("straight", "reinforce");
  straight.from = folder_ / "first";
  train(straight);
  auto resumed = options("resumed", "reinforce");
  resumed.from = folder_ / "first";
  set_interrupted(true);  // before the first step, and so the first checkpoint
  EXPECT_TRUE(train(resumed).interrupted);
  set_interrupted(false);
  std::filesystem::remove_all(resumed.out / "checkpoints");
  resumed.resume = true;
  std::filesystem::remove_all(folder_ / "first");
  resumed.from.clear();
  train(resumed);
  EXPECT_EQ(weights("resumed"), weights("straight"));
}

TEST_F(Training, RefusesToStartFromWhatDoesNotFit) {
  train(options("first"));
  auto narrow = options("narrow");
  narrow.config.model.dim = 8;
  narrow.from = folder_ / "first";
  const auto says = [&](const TrainOptions& given, const std::string& text) {
    try {
      train(given);
      FAIL();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
    EXPECT_FALSE(std::filesystem::exists(given.out));
  };
  says(narrow, "[16] there and [8] here");
  auto other = options("other");
  other.config = configs::parse_config("model: {name: ease}\n", "test.yaml");
  other.from = folder_ / "first";
  says(other, "no weight in common");
  // The run that it would start from is not replaced by it.
  auto itself = options("first", "reinforce");
  itself.from = itself.out;
  itself.overwrite = true;
  try {
    train(itself);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("name another"), std::string::npos) << e.what();
  }
  EXPECT_TRUE(read_manifest(itself.out).fact<bool>("finished"));
  auto second = options("second");
  second.config.train.epochs = 3;
  train(second);
  auto third = options("third");
  third.from = folder_ / "first";
  set_interrupted(true);
  train(third);
  set_interrupted(false);
  third.resume = true;
  third.from = folder_ / "second";
  try {
    train(third);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("was not begun from"), std::string::npos) << e.what();
  }
}

// The title that follows is shown seldom and liked, another one often and not liked.
TEST_F(Training, ReinforceShowsWhatIsLikedNotWhatTheLogShowedMost) {
  std::string events = "user_id,title_id,timestamp,event,value\n";
  RandomStream random(3, "liked");
  for (int user = 0; user < 200; ++user) {
    for (int i = 0; i < 12; ++i) {
      const bool often = random.below(4) != 0;
      events += cat("u", user, ",", often ? "often" : "seldom", i % 2, ",",
                    1'000'000 + 100'000 * i + user, ",rating,", often ? 1.5 : 5, "\n");
    }
  }
  const auto ranks_liked_first = [&](const std::string& loss) {
    auto given = options(loss, loss);
    given.dataset = folder_ / "liked";
    given.config.model.loss.reward.horizon_hours = 0;
    given.config.model.loss.top_k = 1;
    given.config.train.epochs = 20;
    train(given);
    const data::Dataset dataset(given.dataset);
    const auto trained = load_trained(given.out, dataset);
    auto& model = dynamic_cast<models::VectorModel&>(*trained.model);
    const at::NoGradGuard no_grad;
    const at::Tensor nothing = at::zeros({1, 1});
    const at::Tensor vectors = model.title_vectors();
    const at::Tensor user = model.encode_user({nothing.to(at::kLong), nothing, nothing}, vectors);
    const at::Tensor best = user.matmul(vectors.slice(0, 1).t()).argmax(1);
    return dataset.catalogue().id(1 + best.item<int64_t>()).starts_with("seldom");
  };
  data::IngestOptions ingest;
  ingest.interactions = {folder_ / "liked.csv"};
  ingest.out = folder_ / "liked";
  write_file(ingest.interactions.front(), events);
  data::ingest(ingest);
  EXPECT_FALSE(ranks_liked_first("full"));
  EXPECT_TRUE(ranks_liked_first("reinforce"));
}

// A change to the model or the loop either leaves these losses or says why they moved.
TEST_F(Training, SignatureOfTheFirstSteps) {
  auto train_options = options("run");
  train_options.config.model.history.dropout = 0;
  train_options.config.model.title.id_dropout = 0;
  train_options.config.train.epochs = 2;
  train_options.config.train.log_every_steps = 1;
  train(train_options);
  const Json curve = read_manifest(train_options.out).facts.at("curve");
  EXPECT_NEAR(curve.at(0).at("loss").get<double>(), kFirstLoss, 1e-3);
  EXPECT_NEAR(curve.back().at("loss").get<double>(), kLastLoss, 1e-2);
}

TEST_F(Training, StopsWhenValidationGetsNoBetter) {
  auto train_options = options("run");
  train_options.config.train.epochs = 500;
  train_options.config.train.patience = 2;
  const TrainSummary summary = train(train_options);
  EXPECT_TRUE(summary.stopped_early);
  EXPECT_LT(summary.best_step, summary.steps);
}

TEST_F(Training, RefusesToResumeWithAnotherConfigurationOrDataset) {
  auto train_options = options("run");
  train(train_options);
  train_options.resume = true;
  EXPECT_NO_THROW(train(train_options));  // finished: nothing to do
  train_options.config.train.epochs = 7;
  try {
    train(train_options);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 2);
    EXPECT_NE(std::string(e.what()).find("train.epochs: 6 became 7"), std::string::npos)
        << e.what();
  }
  tiny_dataset(folder_, {41, 30, 25});
  try {
    train(train_options);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 3);
    EXPECT_NE(std::string(e.what()).find("another dataset"), std::string::npos);
  }
}

TEST_F(Training, CudaWhereThereIsNoneIsAnError) {
  if (std::filesystem::exists("/dev/nvidiactl")) GTEST_SKIP() << "this machine has a GPU";
  auto train_options = options("run");
  train_options.device = "cuda";
  EXPECT_THROW(train(train_options), Error);
  EXPECT_FALSE(std::filesystem::exists(train_options.out));
}

TEST_F(Training, BFloat16LearnsAsWell) {
  auto train_options = options("run");
  train_options.config.train.epochs = 30;
  train_options.config.train.precision = "bf16";
  EXPECT_GT(train(train_options).best.ndcg, 0.85);
}

}  // namespace
}  // namespace marquee::training
