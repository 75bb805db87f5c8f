// Training under train.privacy, from the configuration to the facts of the run.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/text.h"
#include "models/weights.h"
#include "tests/models/tiny_dataset.h"
#include "training/privacy/plan.h"
#include "training/train.h"

namespace marquee::training {
namespace {

class Privacy : public testing::Test {
 protected:
  Privacy() : dataset_(tiny_dataset(folder_, {400, 30, 25})) {
    log::configure(log::Level::kOff, log::Format::kText);
    Progress::set_quiet(true);
  }

  configs::Config config(const std::string& model, const std::string& train) {
    return configs::parse_config(
        cat("model: {", model, "}\ndata: {max_history: 30}\ntrain: {", train, "}\n"), "test.yaml");
  }
  TrainOptions options(const std::string& name, const std::string& model,
                       const std::string& train) {
    TrainOptions options;
    options.config = config(model, train);
    options.dataset = folder_ / "dataset";
    options.out = folder_ / name;
    options.device = "cpu";
    options.overwrite = true;
    return options;
  }
  std::string refusal(const std::string& train) {
    try {
      privacy_plan(config("name: two_tower", train), dataset_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TempFolder folder_;
  data::Dataset dataset_;
};

constexpr const char* kIals = "name: ials, dim: 8";

TEST_F(Privacy, IalsIsAsGoodWithHardlyAnyNoiseAndWorseWithMuch) {
  const double plain = train(options("plain", kIals, "epochs: 4")).best.ndcg;
  const auto with = [&](const std::string& epsilon) {
    return train(options("private", kIals,
                         "epochs: 4, privacy: {delta: 0.001, titles_per_member: 30, epsilon: " +
                             epsilon + "}"))
        .best.ndcg;
  };
  const double little = with("100000"), much = with("0.5");
  EXPECT_GT(plain, 0.3);
  EXPECT_GT(little, plain * 0.85);
  EXPECT_LT(much, little * 0.8);
  for (const auto& [name, tensor] :
       models::load_tensors(folder_ / "private/best/model.safetensors")) {
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
  }
}

TEST_F(Privacy, ARunSaysWhatItReveals) {
  train(options("run", kIals, "epochs: 2, privacy: {epsilon: 4, delta: 1e-4}"));
  const Manifest run = read_manifest(folder_ / "run");
  const Json privacy = run.facts.at("privacy");
  const Mechanism parts[] = {{1, privacy.at("counts_noise"), 1}, {1, privacy.at("noise"), 2}};
  EXPECT_NEAR(epsilon_of(parts, 1e-4), 4, 1e-3);
  EXPECT_LE(privacy.at("epsilon").get<double>(), 4);
  EXPECT_EQ(privacy.at("mechanism"), "DPALS");
  EXPECT_EQ(run.fact<int64_t>("best_step"), 2) << "the last round, whatever the validation says";
  for (const Json& point : run.facts.at("curve")) EXPECT_TRUE(point.contains("valid_ndcg@10"));

  const TrainedModel trained = load_trained(folder_ / "run", dataset_);
  const auto counts = title_counts(trained, dataset_);
  EXPECT_EQ(std::ssize(counts), 31);
  EXPECT_NE(counts, dataset_.train_counts());
}

TEST_F(Privacy, GradientsLearnWithinABudget) {
  const std::string model = "name: two_tower, dim: 8, history: {encoder: mean}";
  const std::string with = "epochs: 2, batch_size: 100, privacy: {epsilon: 8, delta: 1e-4}";
  const TrainSummary summary = train(options("run", model, with));
  EXPECT_EQ(summary.steps, 8);
  const Json privacy = read_manifest(folder_ / "run").facts.at("privacy");
  EXPECT_EQ(privacy.at("mechanism"), "DP-SGD");
  EXPECT_EQ(privacy.at("sampling"), 0.25);
  EXPECT_EQ(privacy.at("steps"), 8);
  EXPECT_NEAR(privacy.at("epsilon").get<double>(), 8, 1e-3);
  for (const auto& [name, tensor] : models::load_tensors(folder_ / "run/best/model.safetensors")) {
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
  }
  const at::Tensor titles = load_trained(folder_ / "run", dataset_).model->title_vectors();
  EXPECT_EQ(titles[0].norm().item<double>(), 0) << "padding remains 0";
}

TEST_F(Privacy, APausedRunKeepsItsAccount) {
  for (const std::string model : {"name: two_tower, dim: 8, history: {encoder: mean}", kIals}) {
    const bool rounds = model == kIals;
    auto paused = options(
        "run", model,
        cat(rounds ? "" : "batch_size: 200, ", "epochs: 3, privacy: {epsilon: 8, delta: 1e-4}"));
    paused.stop_after = 1;
    EXPECT_TRUE(train(paused).paused);
    const auto counts = [&] { return models::load_tensors(folder_ / "run" / kCountsFile); };
    const at::Tensor before = counts().at("counts").clone();
    paused.stop_after = 0;
    paused.resume = true;
    EXPECT_EQ(train(paused).steps, rounds ? 3 : 6);
    const Json privacy = read_manifest(folder_ / "run").facts.at("privacy");
    EXPECT_EQ(privacy.at("steps"), rounds ? 3 : 6);
    EXPECT_TRUE(at::equal(counts().at("counts"), before)) << "counts are drawn once";
  }
}

TEST_F(Privacy, OtherModelsThatLearnByGradientsTakePart) {
  for (const char* model :
       {"name: neural_cf, dim: 8, history: {encoder: mean}", "name: bpr, dim: 8"}) {
    train(options("run", model, "epochs: 1, batch_size: 50, privacy: {epsilon: 8, delta: 1e-4}"));
    EXPECT_EQ(read_manifest(folder_ / "run").facts.at("privacy").at("steps"), 8) << model;
  }
}

TEST_F(Privacy, WhatIsOutOfReachIsRefusedBeforeAnythingIsWritten) {
  EXPECT_NE(refusal("batch_size: 100, privacy: {epsilon: 1e-7, delta: 1e-9}").find("out of reach"),
            std::string::npos);
  EXPECT_NE(refusal("batch_size: 100, privacy: {epsilon: 1, delta: 0.01}").find("400 members"),
            std::string::npos);
  EXPECT_NE(refusal("batch_size: 401, privacy: {epsilon: 1, delta: 1e-4}").find("train.batch_size"),
            std::string::npos);
  EXPECT_EQ(refusal("batch_size: 100"), "");
  auto warm = options("second", kIals, "epochs: 1, privacy: {epsilon: 1, delta: 1e-4}");
  warm.from = folder_ / "first";
  EXPECT_THROW(train(warm), Error);
  EXPECT_FALSE(std::filesystem::exists(warm.out));
}

TEST_F(Privacy, KeysThatHaveNoEffectOrMixMembersAreRefused) {
  const char* const kEpsilon = "privacy: {epsilon: 1}";
  EXPECT_THROW(config("name: ease", kEpsilon), Error);
  EXPECT_THROW(config("name: mf_ratings", kEpsilon), Error);
  EXPECT_THROW(config(kIals, "privacy: {epsilon: -1}"), Error);
  EXPECT_THROW(config(kIals, "privacy: {epsilon: 1, clip: 1}"), Error);
  EXPECT_THROW(config(kIals, "privacy: {delta: 1e-6}"), Error);
  EXPECT_THROW(config(kIals, cat("patience: 3, ", kEpsilon)), Error);
  EXPECT_THROW(config("name: two_tower", cat("clip_norm: 1, ", kEpsilon)), Error);
  for (const char* loss : {"{kind: reinforce}", "{kind: sampled}", "{rating_weight: 1}"}) {
    EXPECT_THROW(config(cat("name: two_tower, loss: ", loss), kEpsilon), Error) << loss;
  }
  EXPECT_NO_THROW(
      config("name: two_tower, loss: {kind: sampled, in_batch_negatives: 0}", kEpsilon));
  EXPECT_THROW(config("name: neural_cf, pretrain_steps: 5", kEpsilon), Error);
  EXPECT_THROW(config("name: neural_cf, member: both", kEpsilon), Error);
}

}  // namespace
}  // namespace marquee::training
