#include <gtest/gtest.h>
#include <torch/torch.h>

#include "configs/yaml.h"
#include "inference/scripted_model.h"
#include "models/content.h"
#include "models/export/torchscript.h"
#include "models/registry.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

struct Variant {
  const char* name;
  const char* yaml;
};

class Export : public testing::TestWithParam<Variant> {};

// The module that is served gives what the trained one gives, at batch sizes and lengths that it
// was not traced with.
TEST_P(Export, GivesWhatTheModelGives) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto config = configs::parse_config(GetParam().yaml, "test.yaml");
  const auto model = make_model(config, dataset);
  if (auto* fitted = dynamic_cast<FittedModel*>(model.get())) fitted->fit(dataset);
  model->module().eval();
  const torch::NoGradGuard no_grad;
  const ContentLayout layout = content_layout(dataset.catalogue());
  TorchScriptOptions options;
  options.max_history = config.data.max_history;
  const bool has_tower =
      model->encode_titles(torch::ones({1, layout.columns}, at::kLong)).defined();
  options.content_columns = has_tower ? layout.columns : 0;
  export_torchscript(*model, options, folder / "model.pt");

  const inference::ScriptedModel served(folder / "model.pt");
  const at::Tensor vectors = model->title_vectors();
  for (const auto& [batch, length] : {std::pair{1, 1}, {4, 7}, {9, 12}}) {
    inference::HistoryBatch histories;
    histories.batch = batch;
    histories.length = length;
    const at::Tensor titles = torch::randint(1, vectors.size(0), {batch, length}, at::kLong);
    const at::Tensor signals = torch::rand({batch, length});
    const at::Tensor ages = torch::rand({batch, length}) * 1e5;
    histories.titles.assign(titles.data_ptr<int64_t>(),
                            titles.data_ptr<int64_t>() + titles.numel());
    histories.signals.assign(signals.data_ptr<float>(), signals.data_ptr<float>() + titles.numel());
    histories.ages.assign(ages.data_ptr<float>(), ages.data_ptr<float>() + titles.numel());
    const at::Tensor expected = model->encode_user({titles, signals, ages}, vectors);
    auto encoded = served.encode_user(histories);
    const at::Tensor got = torch::from_blob(encoded.data(), expected.sizes());
    EXPECT_TRUE(torch::allclose(got, expected, 1e-5, 1e-5)) << batch << "×" << length;
  }
  EXPECT_EQ(served.has_method("encode_titles"), has_tower);
}

INSTANTIATE_TEST_SUITE_P(
    Models, Export,
    testing::Values(
        Variant{"attention", "model: {dim: 16}\ndata: {max_history: 12}\n"},
        Variant{"mean", "model: {dim: 16, history: {encoder: mean}}\ndata: {max_history: 12}\n"},
        Variant{"bare",
                "model: {dim: 8, history: {signal: false, age: false}, title: {features: false}}\n"
                "data: {max_history: 12}\n"},
        Variant{"popularity", "model: {name: popularity}\ndata: {max_history: 12}\n"}),
    [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace marquee::models
