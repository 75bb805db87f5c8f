// The models with a known answer: neighbours, EASE and implicit least squares.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/ingest.h"
#include "models/classic/ease.h"
#include "models/classic/interaction_matrix.h"
#include "models/classic/least_squares.h"
#include "models/registry.h"
#include "models/weights.h"
#include "tests/models/fitted.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

TEST(InteractionMatrix, CountsAPairOnceAndLeavesOutNegativeFeedback) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder,
                                  "a,x,1,play,,train\na,x,2,play,,train\na,y,3,dislike,,train\n"
                                  "a,z,4,play,,test\nb,x,1,play,,train\nb,y,2,play,,train\n");
  const InteractionMatrix interactions(dataset);
  const auto x = static_cast<uint32_t>(dataset.catalogue().find("x"));
  const auto y = static_cast<uint32_t>(dataset.catalogue().find("y"));
  const auto of_a = interactions.titles_of_user[*dataset.find_user("a")];
  EXPECT_EQ(std::vector(of_a.begin(), of_a.end()), std::vector{x});
  EXPECT_EQ(interactions.users_of_title[x].size(), 2U);
  EXPECT_EQ(interactions.users_of_title[y].size(), 1U);
}

TEST(ItemKnn, SumsTheSimilaritiesOfNeighboursInTheHistory) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  constexpr int64_t kNeighbours = 3;
  const auto model =
      fitted(dataset, "model: {name: item_knn, neighbours: 3, shrinkage: 2, prior: 0}\n");
  const at::Tensor counts = interaction_matrix(dataset).t().matmul(interaction_matrix(dataset));
  const int64_t titles = dataset.catalogue().size();
  const at::Tensor scores = scores_of(*model, history_of({4, 9, 4, 0}));
  for (int64_t title = 1; title <= titles; ++title) {
    std::vector<std::pair<double, int64_t>> similar;  // negative, so that ties go to the smaller
    for (int64_t other = 1; other <= titles; ++other) {
      const double both = counts[title][other].item<double>();
      if (other == title || both == 0) continue;
      const double norm = std::sqrt((counts[title][title] * counts[other][other]).item<double>());
      similar.emplace_back(-static_cast<float>(both / (norm + 2)), other);
    }
    std::sort(similar.begin(), similar.end());
    double expected = 0;
    for (int64_t n = 0; n < std::min<int64_t>(kNeighbours, std::ssize(similar)); ++n) {
      const auto [similarity, other] = similar[static_cast<size_t>(n)];
      if (other == 4 || other == 9) expected -= similarity;
    }
    EXPECT_NEAR(scores[0][title].item<double>(), expected, 1e-5) << title;
  }
}

TEST(Ease, IsItsClosedForm) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto model = fitted(dataset, "model: {name: ease, regularisation: 5, prior: 0}\n");
  const at::Tensor x = interaction_matrix(dataset).slice(1, 1);
  const at::Tensor inverse =
      torch::linalg_inv(x.t().matmul(x) + 5 * torch::eye(x.size(1), at::kDouble));
  at::Tensor weights = -inverse / inverse.diagonal();
  weights.fill_diagonal_(0);
  const at::Tensor expected = weights[3] + weights[8];  // titles 4 and 9
  const at::Tensor scores = scores_of(*model, history_of({9, 4, 9, 0, 0}));
  EXPECT_TRUE(torch::allclose(scores[0].slice(0, 1).to(at::kDouble), expected, 1e-4, 1e-6));
  EXPECT_EQ(scores[0][0].item<float>(), 0);
}

TEST(Ease, SaysHowMuchMemoryALargeCatalogueNeeds) {
  try {
    const Ease model(1'000'000, {});
    FAIL() << "a million titles were taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("16000 GB"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("ials"), std::string::npos) << error.what();
  }
}

// A penalty of 0 stands for a rule: the same model as with what the rule gives, written out.
TEST(Rules, PenaltyOfEase) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const at::Tensor x = interaction_matrix(dataset);
  const double of_a_title =
      x.sum().item<double>() / static_cast<double>(x.sum(0).gt(0).sum().item<int64_t>());
  const auto weights = [&](double penalty) {
    return fitted(dataset, cat("model: {name: ease, regularisation: ", penalty, "}\n"))
        ->module()
        .named_parameters()["weights"]
        .clone();
  };
  const at::Tensor by_rule = weights(0);
  EXPECT_TRUE(torch::allclose(by_rule, weights(10 * std::sqrt(of_a_title)), 1e-4, 1e-6));
  EXPECT_FALSE(torch::allclose(by_rule, weights(20 * std::sqrt(of_a_title)), 1e-4, 1e-6));
}

TEST(Rules, WeightOfTheUnobservedForIals) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const at::Tensor x = interaction_matrix(dataset);
  const auto count = [](const at::Tensor& occurs) {
    return static_cast<double>(occurs.gt(0).sum().item<int64_t>());
  };
  const double of_a_user = x.sum().item<double>() / count(x.sum(1));
  const double rule = std::min(1000.0, 60 * of_a_user) / count(x.sum(0));
  const auto vectors = [&](double weight) {
    return fitted(dataset, cat("model: {name: ials, dim: 6, unobserved_weight: ", weight, "}\n"))
        ->title_vectors()
        .clone();
  };
  EXPECT_TRUE(torch::allclose(vectors(0), vectors(rule), 1e-4, 1e-6));
  EXPECT_FALSE(torch::allclose(vectors(0), vectors(2 * rule), 1e-2, 1e-3));
}

// The paper's objective, written out.
double ials_objective(const at::Tensor& x, const at::Tensor& users, const at::Tensor& titles) {
  const at::Tensor scores = users.matmul(titles.t());
  const auto penalty = [](const at::Tensor& vectors, const at::Tensor& counts, double others) {
    return (vectors.square().sum(1) * (counts + 0.2 * others).pow(0.7)).sum().item<double>();
  };
  const at::Tensor of_user = x.sum(1), of_title = x.sum(0);
  return ((scores - 1).square() * x).sum().item<double>() +
         0.2 * scores.square().sum().item<double>() +
         0.05 * penalty(users, of_user, of_title.gt(0).sum().item<double>()) +
         0.05 * penalty(titles, of_title, of_user.gt(0).sum().item<double>());
}

TEST(Ials, TheObjectiveIsThePapersAndNeverRises) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const at::Tensor x = interaction_matrix(dataset);
  const auto model = make_model(configs::parse_config(kIals, "test.yaml"), dataset);
  auto& learner = dynamic_cast<RoundLearner&>(*model);
  double before = std::numeric_limits<double>::infinity();
  for (int64_t round = 0; round < learner.rounds(); ++round) {
    // What the round solves first: each user, given the titles.
    const at::Tensor titles = model->title_vectors().to(at::kDouble).clone();
    std::vector<at::Tensor> rows;
    for (int64_t user = 0; user < x.size(0); ++user) {
      const double frequency =
          x[user].sum().item<double>() + 0.2 * x.sum(0).gt(0).sum().item<double>();
      const at::Tensor system = (titles.t() * (x[user] + 0.2)).matmul(titles) +
                                0.05 * std::pow(frequency, 0.7) * torch::eye(6, at::kDouble);
      rows.push_back(at::linalg_solve(system, titles.t().matmul(x[user])));
    }
    const double said = learner.fit_round(dataset, round) * x.sum().item<double>();
    const double objective =
        ials_objective(x, torch::stack(rows), model->title_vectors().to(at::kDouble));
    EXPECT_NEAR(said, objective, 1e-4 * objective) << "round " << round;
    EXPECT_LE(said, before * (1 + 1e-6)) << "round " << round;
    before = said;
  }
}

TEST(Ials, FoldsAUserInAsTrainingSolvesForOne) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto model = fitted(dataset, kIals, 4);
  const at::Tensor titles = model->title_vectors().to(at::kDouble);
  const at::Tensor x = torch::zeros({titles.size(0)}, at::kDouble);
  for (const int64_t title : {3, 4, 5}) x[title] = 1;
  const double occurring = interaction_matrix(dataset).sum(0).gt(0).sum().item<double>();
  const at::Tensor system = (titles.t() * (x + 0.2)).matmul(titles) +
                            0.05 * std::pow(3 + 0.2 * occurring, 0.7) * torch::eye(6, at::kDouble);
  const at::Tensor expected = titles.matmul(at::linalg_solve(system, titles.t().matmul(x)));
  const at::Tensor scores = scores_of(*model, history_of({5, 3, 4, 3, 0}));
  EXPECT_TRUE(torch::allclose(scores[0].to(at::kDouble), expected, 1e-3, 1e-5));
}

TEST(Ials, GoesOnFromItsTensorsAndDoesNotDependOnThreads) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto whole = fitted(dataset, kIals, 4);
  set_thread_count(1);
  const auto first = fitted(dataset, kIals, 2);
  const auto config = configs::parse_config(kIals, "test.yaml", {"train.seed=7"});
  const auto second = make_model(config, dataset);
  NamedTensors to = tensors_of(second->module());
  copy_tensors(tensors_of(first->module()), to, "test");
  for (const int64_t round : {2, 3}) {
    dynamic_cast<RoundLearner&>(*second).fit_round(dataset, round);
  }
  set_thread_count(2);
  EXPECT_TRUE(torch::equal(whole->title_vectors(), second->title_vectors()));
}

// Beyond what the model says without it: the share of users with a title, weighed by
// prior / (prior + titles in the history).
TEST(Newcomers, GetWhatIsPopularUntilMoreIsKnown) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const at::Tensor x = interaction_matrix(dataset);
  const at::Tensor shares = x.sum(0) / x.sum(1).gt(0).sum();
  for (const char* name : {"item_knn", "ease", "ials"}) {
    const auto text = [&](const char* prior) {
      return std::string("model: {name: ") + name + ", prior: " + prior + "}\n";
    };
    const auto with = fitted(dataset, text("3").c_str(), 2);
    const auto without = fitted(dataset, text("0").c_str(), 2);
    for (const auto& [history, titles] :
         std::vector<std::pair<std::vector<int64_t>, int>>{{{0}, 0}, {{4, 9, 4, 0}, 2}}) {
      const at::Tensor more =
          scores_of(*with, history_of(history)) - scores_of(*without, history_of(history));
      const at::Tensor expected = shares * (3.0 / (3 + titles));
      EXPECT_TRUE(
          torch::allclose(more[0].slice(0, 1).to(at::kDouble), expected.slice(0, 1), 1e-4, 1e-5))
          << name << titles;
    }
  }
}

// A user with everything, one title, a user with nothing to train on: scores stay finite.
TEST(Classic, OddDatasetsGiveFiniteScores) {
  const TempFolder folder;
  for (const char* rows :
       {"a,x,1,play,,train\nb,x,2,play,,train\n",
        "a,x,1,play,,train\na,y,2,play,,train\na,z,3,play,,train\nb,x,1,play,,test\n",
        "a,x,1,rating,3,train\nb,y,1,rating,3,train\nb,z,1,rating,3,test\n"}) {
    const auto dataset = dataset_of(folder, rows);
    for (const char* name : {"popularity", "item_knn", "ease", "ials"}) {
      const auto model = fitted(dataset, std::string("model: {name: ") + name + "}\n", 2);
      for (const std::vector<int64_t>& history : {std::vector<int64_t>{0}, {1}, {1, 1, 0}}) {
        EXPECT_TRUE(scores_of(*model, history_of(history)).isfinite().all().item<bool>()) << name;
      }
    }
  }
}

}  // namespace
}  // namespace marquee::models
