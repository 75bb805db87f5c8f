// A run on a grown dataset starts from what one on an earlier version of it learned.
#include "training/warm_start.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/text.h"
#include "data/ingest.h"
#include "models/registry.h"
#include "models/weights.h"
#include "tests/core/temp_folder.h"
#include "training/names.h"
#include "training/train.h"

namespace marquee::training {
namespace {

constexpr const char* kTitles = "title_id,name,genres,actors\n";
constexpr const char* kOld = "a,A,Drama,Ann|Bob\nb,B,Crime,Bob\nc,C,Drama|Crime,Cid\nd,D,,Ann\n";
// Other places, and names that come before those that were there.
constexpr const char* kNew =
    "x,X,Western,Zoe\nc,C,Drama|Crime,Cid\ny,Y,Western|Crime,Ann\nd,D,,Ann\nb,B,Crime,Bob\na,A,"
    "Drama,"
    "Ann|Bob\n";

class GrownDataset : public testing::Test {
 protected:
  GrownDataset() {
    log::configure(log::Level::kOff, log::Format::kText);
    Progress::set_quiet(true);
    const std::string ids = "abcd";
    std::string rows = "user_id,title_id,timestamp\n";
    for (int user = 0; user < 20; ++user) {
      for (int at = 0; at < 4; ++at) {
        rows += cat("u", user, ",", ids[static_cast<size_t>((user + at) % 4)], ",", at, "\n");
      }
    }
    make("old", kOld, rows);
    make("new", kNew, rows + "u1,x,9\nu2,y,9\nu3,x,9\n");
  }

  void make(const std::string& name, const std::string& titles, const std::string& rows) {
    write_file(folder_ / "events.csv", rows);
    write_file(folder_ / "titles.csv", kTitles + titles);
    data::IngestOptions options;
    options.interactions = {folder_ / "events.csv"};
    options.titles = {folder_ / "titles.csv"};
    options.out = folder_ / name;
    data::ingest(options);
  }

  static configs::Config config(const std::string& model) {
    return configs::parse_config(
        (model.find("dim:") == std::string::npos ? "model: {dim: 4, " : "model: {") + model +
            "}\ndata: {max_history: 8}\ntrain: {epochs: 2}\n",
        "test.yaml");
  }

  void train_on(const std::string& dataset, const std::string& model, const std::string& out) {
    TrainOptions options;
    options.config = config(model);
    options.dataset = folder_ / dataset;
    options.out = folder_ / out;
    options.device = "cpu";
    options.overwrite = true;
    train(options);
  }

  // The row of a table in the new dataset that stands for the same as each of the old one.
  static std::vector<std::pair<int64_t, int64_t>> moved(const std::vector<int64_t>& rows) {
    std::vector<std::pair<int64_t, int64_t>> pairs;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= 0) pairs.emplace_back(static_cast<int64_t>(i), rows[i]);
    }
    return pairs;
  }

  const TempFolder folder_;
};

TEST_F(GrownDataset, RowsGoWhereTheirTitlesAndNamesAreNow) {
  const std::pair<const char*, const char*> kSmall[] = {
      {"name: two_tower, history: {blocks: 1, heads: 1}", "titles.id_embedding"},
      {"name: neural_cf, member: both, history: {blocks: 1, heads: 1}", "gmf.titles.id_embedding"},
      {"name: bpr", "history"},
      {"name: ials", "titles"}};
  const data::Dataset grown(folder_ / "new");
  const Names now = Names::of(grown), then = Names::of(data::Dataset(folder_ / "old"));
  EXPECT_EQ(now.title_rows(then), (std::vector<int64_t>{0, -1, 3, -1, 4, 2, 1}));
  for (const auto& [model, table] : kSmall) {
    train_on("old", model, "run");
    const auto before = models::load_tensors(folder_ / "run/best/model.safetensors");
    at::manual_seed(3);
    const auto next = models::make_model(config(model), grown);
    auto fresh = models::tensors_of(next->module());
    for (auto& [name, tensor] : fresh) tensor = tensor.clone();
    const Source source = start_from_earlier(*next, folder_ / "run", grown);
    EXPECT_EQ(source.sha256, read_manifest(folder_ / "run").sha256);
    const auto after = models::tensors_of(next->module());
    ASSERT_TRUE(after.contains(table)) << table;
    for (const auto& parameter : next->module().named_parameters()) {
      const std::string& name = parameter.key();
      const at::Tensor &was = before.at(name), &is = parameter.value();
      if (name.ends_with("user_ids.embedding")) {
        EXPECT_TRUE(at::equal(is, fresh.at(name))) << name;
      } else if (was.size(0) == 5 && is.size(0) == 7) {
        for (const auto& [to, from] : moved(now.title_rows(then))) {
          EXPECT_TRUE(at::equal(is[to], was[from])) << name << " " << to;
        }
        EXPECT_TRUE(at::equal(is[1], fresh.at(name)[1])) << name;
      } else if (name.ends_with("feature_embedding")) {
        for (const auto& [to, from] : moved(now.feature_rows(then))) {
          EXPECT_TRUE(at::equal(is[to], was[from])) << name << " " << to;
        }
      } else {
        EXPECT_TRUE(at::equal(is, was)) << name;
      }
    }
  }
}

TEST_F(GrownDataset, ATrainingRunStartsThere) {
  const std::string model = "name: two_tower, history: {blocks: 1, heads: 1}";
  train_on("old", model, "first");
  TrainOptions options;
  options.config = config(model);
  options.config.train.learning_rate = 1e-9;
  options.config.train.warmup_steps = 0;
  options.dataset = folder_ / "new";
  options.init = folder_ / "first";
  options.out = folder_ / "second";
  options.device = "cpu";
  train(options);
  const auto first = models::load_tensors(folder_ / "first/best/model.safetensors");
  const auto second = models::load_tensors(folder_ / "second/best/model.safetensors");
  const auto& from = first.at("titles.id_embedding");
  const auto& to = second.at("titles.id_embedding");
  EXPECT_LT(at::max(at::abs(to[6] - from[1])).item<double>(), 1e-5);  // "a"
  EXPECT_EQ(read_manifest(options.out).sources.at(1).sha256,
            read_manifest(folder_ / "first").sha256);
}

TEST_F(GrownDataset, RefusesWhatHasNothingToStartFrom) {
  const data::Dataset grown(folder_ / "new");
  const auto error = [&](const std::string& model) -> std::string {
    try {
      start_from_earlier(*models::make_model(config(model), grown), folder_ / "run", grown);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  train_on("old", "name: bpr", "run");
  EXPECT_NE(error("name: ials, dim: 5").find("titles has the shape [5, 4] there and [7, 5] here"),
            std::string::npos)
      << error("name: ials, dim: 5");
  EXPECT_NE(error("name: two_tower, history: {blocks: 1, heads: 1}").find("no weight in common"),
            std::string::npos);
  TrainOptions options;
  options.config = configs::parse_config("model: {name: ease}\n", "test.yaml");
  options.dataset = folder_ / "new";
  options.init = folder_ / "run";
  options.out = folder_ / "ease";
  EXPECT_THROW(train(options), Error);
  EXPECT_FALSE(std::filesystem::exists(options.out));
  std::filesystem::remove(folder_ / "run/names.json");
  EXPECT_NE(error("name: bpr").find("names.json"), std::string::npos);
}

}  // namespace
}  // namespace marquee::training
