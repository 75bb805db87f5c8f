#include "training/refit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/threads.h"
#include "tests/models/tiny_dataset.h"
#include "training/train.h"

namespace marquee::training {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModels[] = {
    "model: {dim: 16, history: {blocks: 1, dropout: 0.1}}\n"
    "train: {epochs: 12, batch_size: 16, learning_rate: 0.05, warmup_steps: 4, patience: 2}\n",
    "model: {dim: 16, history: {encoder: mean}, loss: {kind: sampled}}\n"
    "train: {epochs: 6, batch_size: 16, learning_rate: 0.05, validate_every_epochs: 2}\n",
    "model: {dim: 8, history: {encoder: mean}, loss: {kind: reinforce}}\n"
    "train: {epochs: 3, batch_size: 16}\n",
    "model: {name: ials, dim: 8}\ntrain: {epochs: 6}\n",
    "model: {name: mf_ratings, dim: 4}\ntrain: {epochs: 8}\n",
    "model: {name: ease}\n"};

class Refitting : public testing::Test {
 protected:
  Refitting() : dataset_(tiny_dataset(folder_)) {
    log::configure(log::Level::kOff, log::Format::kText);
    Progress::set_quiet(true);
  }

  TrainOptions options(const std::string& text, const std::string& out) const {
    TrainOptions options;
    options.config = configs::parse_config(text + "data: {max_history: 8}\n", "test.yaml");
    options.dataset = folder_ / "dataset";
    options.out = folder_ / out;
    options.device = "cpu";
    return options;
  }
  TrainOptions refit_of(const std::string& run, const std::string& out) const {
    TrainOptions options;
    options.refit = folder_ / run;
    options.dataset = folder_ / "dataset";
    options.out = folder_ / out;
    options.device = "cpu";
    return options;
  }
  std::string weights(const std::string& run) const {
    return sha256_file(folder_ / run / "best" / "model.safetensors");
  }
  int64_t epochs(const std::string& run) const {
    return read_manifest(folder_ / run / "best").fact<int64_t>("epoch");
  }

  // A dataset whose validation events are train events.
  fs::path merged_dataset() const {
    const fs::path merged = folder_ / "merged";
    fs::copy(folder_ / "dataset", merged);
    std::string parts = read_file(merged / "interactions.parts");
    std::ranges::replace(parts, static_cast<char>(data::Part::kValid),
                         static_cast<char>(data::Part::kTrain));
    write_file(merged / "interactions.parts", parts);
    const Manifest manifest = read_manifest(merged);
    write_manifest(merged, "dataset", manifest.facts, manifest.sources);
    return merged;
  }

  TempFolder folder_;
  data::Dataset dataset_;
};

TEST_F(Refitting, IsTrainingOnTrainAndValidForAsManyEpochs) {
  const fs::path merged = merged_dataset();
  bool some_are_shorter = false;
  for (size_t i = 0; i < std::size(kModels); ++i) {
    const auto name = [&](const char* what) { return cat(what, "-", i); };
    train(options(kModels[i], name("first")));
    const TrainSummary summary = train(refit_of(name("first"), name("refit")));
    EXPECT_TRUE(summary.refit);
    EXPECT_FALSE(summary.best.measured());
    EXPECT_EQ(epochs(name("refit")), epochs(name("first")));
    auto direct = options(kModels[i], name("direct"));
    direct.dataset = merged;
    direct.stop_after = epochs(name("first"));  // on the schedule of all epochs
    train(direct);
    EXPECT_EQ(weights(name("refit")), weights(name("direct"))) << kModels[i];
    EXPECT_NE(weights(name("refit")), weights(name("first"))) << kModels[i];
    some_are_shorter |= epochs(name("first")) < direct.config.train.epochs;
  }
  EXPECT_TRUE(some_are_shorter);
}

TEST_F(Refitting, ResumedOrWithOtherThreadsEndsTheSame) {
  for (const size_t i : {0, 3}) {
    const auto name = [&](const char* what) { return cat(what, "-", i); };
    train(options(kModels[i], name("first")));
    train(refit_of(name("first"), name("refit")));
    auto paused = refit_of(name("first"), name("paused"));
    ASSERT_GT(epochs(name("first")), 1);
    paused.stop_after = 1;
    EXPECT_TRUE(train(paused).paused);
    paused.stop_after = 0;
    paused.resume = true;
    EXPECT_FALSE(train(paused).paused);
    EXPECT_EQ(weights(name("paused")), weights(name("refit")));
  }
  const int threads = thread_count();
  set_thread_count(threads == 1 ? 2 : 1);
  train(refit_of("first-3", "threads"));
  set_thread_count(threads);
  EXPECT_EQ(weights("threads"), weights("refit-3"));
}

TEST_F(Refitting, IsReadAsItWasLearned) {
  train(options(kModels[0], "first"));
  train(refit_of("first", "refit"));
  for (const char* run : {"first", "refit"}) {
    const data::Dataset dataset =
        open_dataset(folder_ / "dataset", read_manifest(folder_ / run, kRunKind));
    const TrainedModel trained = load_trained(folder_ / run, dataset);
    const auto counts = title_counts(trained, dataset);
    const int64_t events = dataset.users() * (is_refit(trained.run) ? 24 : 23);
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), int64_t{0}), events) << run;
  }
}

TEST_F(Refitting, StartsWhereAWarmStartedRunStarted) {
  train(options(kModels[1], "before"));
  auto first = options(kModels[1], "first");
  first.from = folder_ / "before";
  train(first);
  train(refit_of("first", "refit"));
  EXPECT_EQ(sha256_file(folder_ / "refit" / kStartFile),
            sha256_file(folder_ / "first" / kStartFile));
  train(options(kModels[1], "cold"));
  train(refit_of("cold", "cold-refit"));
  EXPECT_NE(weights("refit"), weights("cold-refit"));
}

TEST_F(Refitting, LeavesNothingBehindWhereItIsRefused) {
  train(options(kModels[3], "first"));
  train(refit_of("first", "refit"));
  auto paused = options(kModels[3], "paused");
  paused.stop_after = 1;
  train(paused);
  for (const char* run : {"refit", "paused", "nothing"}) {
    EXPECT_THROW(train(refit_of(run, "out")), Error) << run;
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }
  auto other = refit_of("first", "out");
  other.dataset = merged_dataset();
  EXPECT_THROW(train(other), Error);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace marquee::training
