#include "configs/yaml.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/error.h"

namespace marquee::configs {
namespace {

std::string problems_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  try {
    parse_config(yaml, "c.yaml", overrides);
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 2);
    return e.what();
  }
  return "";
}

TEST(Yaml, ReadsOverDefaults) {
  const Config config = parse_config("model:\n  dim: 32\ntrain:\n  epochs: 7\n", "c.yaml");
  EXPECT_EQ(config.model.dim, 32);
  EXPECT_EQ(config.train.epochs, 7);
  EXPECT_EQ(config.model.name, "two_tower");
  EXPECT_EQ(config.train.batch_size, TrainConfig().batch_size);
}

TEST(Yaml, OverridesReachEveryKey) {
  const Config config = parse_config("", "c.yaml",
                                     {"train.seed=9", "model.history.encoder=mean",
                                      "model.loss.kind=sampled", "model.loss.uniform_negatives=7"});
  EXPECT_EQ(config.train.seed, 9);
  EXPECT_EQ(config.model.history.encoder, "mean");
  EXPECT_EQ(config.model.loss.uniform_negatives, 7);
}

TEST(Yaml, WhatIsWrittenIsReadBack) {
  for (const auto& name : model_names()) {
    Config config = parse_config("model: {name: " + name + "}\n", "c.yaml");
    config.train.seed = 5;
    config.model.history.dropout = 0.123456789;
    const std::string text = to_yaml(config);
    EXPECT_EQ(to_yaml(parse_config(text, "c.yaml")), text);
  }
}

TEST(Yaml, AllProblemsAreReportedAtOnceWithTheirLines) {
  EXPECT_EQ(problems_of("model:\n"
                        "  history:\n"
                        "    bloks: 3\n"
                        "  dim: 10\n"
                        "train:\n"
                        "  batch_size: 0\n"
                        "  epochs: many\n"),
            "c.yaml:7: train.epochs: \"many\" must be a whole number\n"
            "c.yaml:6: train.batch_size: 0 is below 1\n"
            "c.yaml:3: model.history.bloks: unknown key (did you mean \"model.history.blocks\"?)\n"
            "3 problems; nothing was started");
}

struct Wrong {
  const char* yaml;
  const char* expected;  // part of the message
};

class WrongYaml : public testing::TestWithParam<Wrong> {};

TEST_P(WrongYaml, IsRefused) {
  const std::string message = problems_of(GetParam().yaml);
  EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, WrongYaml,
    testing::Values(
        Wrong{"model: [1, 2]\n", "c.yaml:1: model: must not be a list"},
        Wrong{"model: 3\n", "c.yaml:1: model: must hold keys, not \"3\""},
        Wrong{"model:\n  dim:\n    x: 1\n", "model.dim: must be a single value"},
        Wrong{"model:\n  dim: 64\n  dim: 32\n", "c.yaml:3: model.dim: given twice"},
        Wrong{"model:\n  name: two_towers\n", "(did you mean two_tower?)"},
        Wrong{"model:\n  name: popularity\n  dim: 8\n", "c.yaml:3: model.dim: unknown key"},
        Wrong{"modle:\n  dim: 8\n", "c.yaml:1: modle: unknown key (did you mean \"model\"?)"},
        Wrong{"model:\n  dim: 1.5\n", "must be a whole number"},
        Wrong{"model:\n  dim: 99999999999999999999\n", "must be a whole number"},
        Wrong{"model:\n  dim: 5000\n", "5000 is above 4096"},
        Wrong{"train:\n  learning_rate: nan\n", "must be a number"},
        Wrong{"train:\n  learning_rate: -1\n", "is below"},
        Wrong{"model:\n  title:\n    features: yes\n", "must be true or false"},
        Wrong{"model:\n  dim: 10\n  history:\n    heads: 3\n",
              "c.yaml:4: model.history.heads: 3 does not divide"},
        Wrong{"model:\n  loss:\n    kind: sampled\n    in_batch_negatives: 0\n    "
              "uniform_negatives: 0\n",
              "needs in_batch_negatives or uniform_negatives"},
        Wrong{"model:\n  loss:\n    uniform_negatives: 3\n",
              "model.loss.uniform_negatives: unknown key"},
        Wrong{"model: {dim: 8", "c.yaml:1: not valid YAML"},
        Wrong{"- a\n- b\n", "must be a mapping"},
        Wrong{"train:\n  epochs:\n", "c.yaml:2: train.epochs: has no value"},
        Wrong{"? {a: b}\n: c\n", "a key must be a plain word"}));

TEST(Yaml, AliasesCannotExpandWithoutBound) {
  std::string bomb = "a0: &a0 {x: 1, y: 2}\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {";
    for (int j = 0; j < 9; ++j) {
      bomb += (j ? ", k" : "k") + std::to_string(j) + ": *a" + std::to_string(i - 1);
    }
    bomb += "}\n";
  }
  EXPECT_NE(problems_of(bomb), "");
}

TEST(Yaml, HugeAndDeepFilesAreRefused) {
  EXPECT_NE(problems_of(std::string(2 << 20, ' ')).find("larger than"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_NE(problems_of(deep), "");
}

TEST(Yaml, OverridesAreCheckedToo) {
  EXPECT_NE(problems_of("", {"train.epochs"}).find("must be KEY=VALUE"), std::string::npos);
  EXPECT_NE(problems_of("", {"train.epoch=3"}).find("--set: train.epoch: unknown key"),
            std::string::npos);
}

TEST(Yaml, KnowsWhichKeysAModelHas) {
  Config config = parse_config("model: {name: ials}\n", "c.yaml");
  EXPECT_TRUE(has_key(config, "train.epochs"));
  EXPECT_FALSE(has_key(config, "train.learning_rate"));
  config = parse_config("model: {name: ease}\n", "c.yaml");
  EXPECT_FALSE(has_key(config, "train.epochs"));
  EXPECT_TRUE(has_key(config, "train.seed"));
  EXPECT_FALSE(has_key(config, "train"));
}

TEST(Yaml, GivesTheValuesOfAFileAsTheyAreWritten) {
  const auto values = values_in("a: 1\nb:\n  c: \"x: y\"\n  d:\n    e: 1e-3 # comment\n");
  const std::map<std::string, std::string> expected = {
      {"a", "1"}, {"b.c", "x: y"}, {"b.d.e", "1e-3"}};
  EXPECT_EQ(values, expected);
}

TEST(Config, EveryModelHasAKindOfItsOwn) {
  std::set<ModelKind> kinds;
  for (const std::string& name : model_names()) {
    ModelConfig model;
    model.name = name;
    kinds.insert(kind_of(model));
  }
  EXPECT_EQ(kinds.size(), model_names().size());
}

TEST(Reference, ListsEveryKeyOfEveryModel) {
  const std::string text = reference_markdown();
  for (const char* key : {"model.half_life_days", "model.loss.uniform_negatives",
                          "train.checkpoint_every_steps", "data.max_history"}) {
    EXPECT_NE(text.find(std::string("`") + key + "`"), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace marquee::configs
