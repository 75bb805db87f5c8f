// What each event of a history adds to a score.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "configs/yaml.h"
#include "inference/scripted_model.h"
#include "models/export/torchscript.h"
#include "models/export/two_stage.h"
#include "models/registry.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

constexpr int64_t kMaxHistory = 24;

std::unique_ptr<Recommender> fitted(const data::Dataset& dataset, const std::string& model) {
  const std::string yaml =
      "model: {" + model + "}\ndata: {max_history: " + std::to_string(kMaxHistory) + "}\n";
  auto made = make_model(configs::parse_config(yaml, "test.yaml"), dataset);
  if (auto* learner = dynamic_cast<RoundLearner*>(made.get())) learner->fit_round(dataset, 0);
  const torch::NoGradGuard no_grad;
  for (const at::Tensor& each : made->module().parameters()) {
    // What begins at zero is not to hide a mistake.
    if (dynamic_cast<RoundLearner*>(made.get()) == nullptr)
      each.add_(torch::randn_like(each) * 0.3);
  }
  made->module().eval();
  return made;
}

// A repeated title, a disliked one (5), padding; no history at all; one event; a full row.
Histories some_histories() {
  const at::Tensor titles = torch::tensor(
      {{4, 9, 5, 4, 0, 0}, {0, 0, 0, 0, 0, 0}, {7, 0, 0, 0, 0, 0}, {3, 3, 8, 1, 30, 3}},
      torch::dtype(at::kLong));
  const at::Tensor signals = titles.gt(0) * titles.ne(5) * 0.8;
  return {titles, signals.to(at::kFloat), torch::zeros(titles.sizes())};
}

Histories row_of(const Histories& histories, int64_t row) {
  return {histories.titles.slice(0, row, row + 1), histories.signals.slice(0, row, row + 1),
          histories.ages.slice(0, row, row + 1)};
}

at::Tensor scores_of(Recommender& model, const Histories& histories, const at::Tensor& titles) {
  if (auto* scoring = dynamic_cast<ScoringModel*>(&model)) {
    return scoring->score_titles(histories, titles);
  }
  const at::Tensor vectors = model.title_vectors();
  return dynamic_cast<VectorModel&>(model)
      .encode_user(histories, vectors)
      .matmul(vectors.t())
      .gather(1, titles);
}

at::Tensor contributions_of(Recommender& model, const Histories& histories,
                            const at::Tensor& titles) {
  return dynamic_cast<Explainable&>(model).contributions(histories, titles, model.title_vectors());
}

at::Tensor all_titles(const data::Dataset& dataset, int64_t batch) {
  return torch::arange(dataset.catalogue().size() + 1).repeat({batch, 1});
}

struct Linear {
  const char* name;
  const char* yaml;
  double prior;
};

class Contributions : public testing::TestWithParam<Linear> {
 protected:
  const TempFolder folder_;
  const data::Dataset dataset_ = tiny_dataset(folder_);
  const std::unique_ptr<Recommender> model_ = fitted(dataset_, GetParam().yaml);
  const torch::NoGradGuard no_grad_;
  const Histories histories_ = some_histories();
};

TEST_P(Contributions, AddUpToTheScoreWithWhatDoesNotComeFromTheHistory) {
  const at::Tensor titles = all_titles(dataset_, histories_.titles.size(0));
  const at::Tensor added = contributions_of(*model_, histories_, titles);
  ASSERT_EQ(added.sizes(), (std::vector<int64_t>{4, titles.size(1), 6}));
  const at::Tensor without = scores_of(*model_, row_of(histories_, 1), titles.slice(0, 0, 1));
  const at::Tensor distinct = torch::tensor({2.0, 0.0, 1.0, 4.0}).unsqueeze(1);
  const double prior = GetParam().prior;
  const at::Tensor share = prior > 0 ? prior / (distinct + prior) : torch::ones({4, 1});
  EXPECT_TRUE(torch::allclose(added.sum(2) + without * share,
                              scores_of(*model_, histories_, titles), 1e-4, 1e-5));
  EXPECT_GT(added.abs().max().item<float>(), 1e-3);
  EXPECT_EQ(added[1].abs().max().item<float>(), 0) << "there is no history";
  EXPECT_EQ((added * histories_.signals.eq(0).unsqueeze(1)).abs().max().item<float>(), 0)
      << "padding and negative feedback";
  EXPECT_EQ(added.select(1, 0).abs().max().item<float>(), 0) << "title 0 has no score";
}

TEST_P(Contributions, DoNotDependOnTheOthersInTheBatch) {
  const at::Tensor titles = torch::randint(1, 31, {4, 3}, at::kLong);
  const at::Tensor all = contributions_of(*model_, histories_, titles);
  for (int64_t row = 0; row < 4; ++row) {
    const at::Tensor alone =
        contributions_of(*model_, row_of(histories_, row), titles.slice(0, row, row + 1));
    EXPECT_TRUE(torch::allclose(alone[0], all[row], 1e-4, 1e-6)) << row;
  }
}

TEST_P(Contributions, OfATitleThatCountsOnceAreAtItsNewestEvent) {
  if (std::string(GetParam().name) == "bpr") GTEST_SKIP() << "every event counts";
  const at::Tensor added = contributions_of(*model_, histories_, all_titles(dataset_, 4));
  EXPECT_EQ(added[0].select(1, 0).abs().max().item<float>(), 0);
  EXPECT_GT(added[0].select(1, 3).abs().max().item<float>(), 0);
  EXPECT_EQ(added[3].slice(1, 0, 2).abs().max().item<float>(), 0);
  EXPECT_GT(added[3].select(1, 5).abs().max().item<float>(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Models, Contributions,
    testing::Values(Linear{"ease", "name: ease, regularisation: 3, prior: 2", 2},
                    Linear{"ease_without_prior", "name: ease, prior: 0", 0},
                    Linear{"item_knn", "name: item_knn, neighbours: 6, prior: 2", 2},
                    Linear{"item_knn_without_prior", "name: item_knn, prior: 0", 0},
                    Linear{"ials", "name: ials, dim: 8, prior: 2", 2},
                    Linear{"ials_without_prior", "name: ials, dim: 8, prior: 0", 0},
                    Linear{"bpr", "name: bpr, dim: 8", 0}),
    [](const auto& variant) { return variant.param.name; });

TEST(ContributionsOfIals, AreThoseOfTheInverse) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto model = fitted(dataset,
                            "name: ials, dim: 6, regularisation: 0.05, unobserved_weight: 0.2, "
                            "frequency_exponent: 0.7, prior: 0");
  const torch::NoGradGuard no_grad;
  const at::Tensor h = model->title_vectors().to(at::kDouble);
  const at::Tensor x = torch::zeros({h.size(0)}, at::kDouble);
  for (const int64_t title : {4, 9}) x[title] = 1;
  const at::Tensor system =
      (h.t() * (x + 0.2)).matmul(h) +
      0.05 * std::pow(2 + 0.2 * static_cast<double>(dataset.catalogue().size()), 0.7) *
          torch::eye(6, at::kDouble);
  const at::Tensor all =
      h.matmul(at::linalg_inv(system)).matmul(h.t());  // [titles + 1, titles + 1]
  const at::Tensor added =
      contributions_of(*model, row_of(some_histories(), 0), all_titles(dataset, 1))[0];
  EXPECT_TRUE(torch::allclose(added.select(1, 3).to(at::kDouble), all.select(1, 4), 1e-3, 1e-5));
  EXPECT_TRUE(torch::allclose(added.select(1, 1).to(at::kDouble), all.select(1, 9), 1e-3, 1e-5));
}

TEST(ContributionsOfNeuralCf, AreWhatANewestEventAddsAlone) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  for (const char* form : {"gmf", "mlp", "neumf"}) {
    const auto model = fitted(dataset, std::string("name: neural_cf, dim: 8, form: ") + form);
    const torch::NoGradGuard no_grad;
    // 22 events, of which the newest 20 count and title 10 is repeated, and two of padding.
    at::Tensor titles = torch::arange(1, 25).unsqueeze(0).clone();
    titles[0][21] = 10;
    titles.slice(1, 22).zero_();
    const Histories histories{titles, titles.gt(0) * 0.7, titles.gt(0) * 3600.0};
    const at::Tensor wanted = torch::tensor({{25, 3, 0}});
    const at::Tensor added = contributions_of(*model, histories, wanted)[0];
    const auto alone = [&](int64_t title) {
      const at::Tensor one = torch::tensor({{title}});
      return scores_of(*model, {one, one.gt(0) * 0.7, one.gt(0) * 3600.0}, wanted)[0];
    };
    for (int64_t event = 0; event < 24; ++event) {
      const bool counts = event >= 2 && event != 9 && event < 22;
      const int64_t title = titles[0][event].item<int64_t>();
      const at::Tensor expected = counts ? alone(title) - alone(0) : torch::zeros({3});
      EXPECT_TRUE(torch::allclose(added.select(1, event), expected, 1e-4, 1e-5)) << form << event;
    }
    EXPECT_GT(added.abs().max().item<float>(), 1e-3);
  }
}

class TwoStageContributions : public testing::Test {
 protected:
  std::filesystem::path exported(const char* name, const std::string& yaml) {
    const auto model = fitted(dataset_, yaml);
    const auto file = folder_ / name;
    export_torchscript(*model, {dataset_.catalogue().size(), kMaxHistory, 0}, file);
    return file;
  }
  // Of the events 1, 2, 3, 4, 5 to the titles 6 and 7.
  static std::vector<float> of(const std::filesystem::path& file, int64_t first, int64_t padding) {
    inference::HistoryBatch batch;
    batch.batch = 1;
    for (int64_t title = first; title <= 5 + padding; ++title) {
      batch.titles.push_back(title <= 5 ? title : 0);
      batch.signals.push_back(title <= 5 ? 1 : 0);
      batch.ages.push_back(0);
    }
    batch.length = std::ssize(batch.titles);
    return inference::ScriptedModel(file).contributions(batch, std::vector<int64_t>{6, 7}, 2);
  }

  TempFolder folder_;
  data::Dataset dataset_ = tiny_dataset(folder_);
};

TEST_F(TwoStageContributions, AreThoseOfTheStageThatRanks) {
  const auto ease = exported("ease.pt", "name: ease"),
             ials = exported("ials.pt", "name: ials, dim: 4");
  export_two_stage({ease, kMaxHistory}, {ials, 2}, 5, folder_ / "both.pt");
  const auto of_newest = of(ials, 4, 0);  // [2, 2]
  for (const int64_t padding : {0, 3}) {
    const auto both = of(folder_ / "both.pt", 1, padding);
    const auto length = static_cast<size_t>(5 + padding);
    ASSERT_EQ(both.size(), 2 * length);
    for (size_t title = 0; title < 2; ++title) {
      for (size_t event = 0; event < length; ++event) {
        const bool taken = event == 3 || event == 4;
        EXPECT_NEAR(both[title * length + event], taken ? of_newest[title * 2 + event - 3] : 0,
                    1e-6)
            << title << " " << event;
      }
    }
  }
}

TEST_F(TwoStageContributions, AreThoseOfTheFirstWhereTheSecondHasNone) {
  const auto ease = exported("ease.pt", "name: ease");
  const auto popularity = exported("popularity.pt", "name: popularity");
  export_two_stage({ease, kMaxHistory}, {popularity, kMaxHistory}, 5, folder_ / "both.pt");
  EXPECT_EQ(of(folder_ / "both.pt", 1, 2), of(ease, 1, 2));
  export_two_stage({popularity, kMaxHistory}, {popularity, kMaxHistory}, 5, folder_ / "none.pt");
  EXPECT_FALSE(inference::ScriptedModel(folder_ / "none.pt").has_method("contributions"));
}

}  // namespace
}  // namespace marquee::models
