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
#include "models/layers/counted_titles.h"
#include "models/registry.h"
#include "models/weights.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

data::Dataset dataset_of(const TempFolder& folder, const std::string& rows) {
  write_file(folder / "events.csv", "user_id,title_id,timestamp,event,value,split\n" + rows);
  data::IngestOptions options;
  options.interactions = {folder / "events.csv"};
  options.out = folder / "dataset";
  options.split.split = data::Split::kGiven;
  options.overwrite = true;
  data::ingest(options);
  return data::Dataset(options.out);
}

std::unique_ptr<Recommender> fitted(const data::Dataset& dataset, const std::string& yaml,
                                    int64_t rounds = 1) {
  auto model = make_model(configs::parse_config(yaml, "test.yaml"), dataset);
  auto& learner = dynamic_cast<RoundLearner&>(*model);
  for (int64_t round = 0; round < rounds; ++round) learner.fit_round(dataset, round);
  model->module().eval();
  return model;
}

// [users, titles + 1] of 0 and 1, as the models learn from it.
at::Tensor interaction_matrix(const data::Dataset& dataset) {
  const InteractionMatrix interactions(dataset);
  at::Tensor x = torch::zeros({dataset.users(), dataset.catalogue().size() + 1}, at::kDouble);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const uint32_t title : interactions.titles_of_user[user]) x[user][title] = 1;
  }
  return x;
}

Histories history_of(const std::vector<int64_t>& titles) {
  const at::Tensor row = torch::tensor(titles).unsqueeze(0);
  return {row, torch::ones(row.sizes()) * row.gt(0), torch::zeros(row.sizes())};
}

at::Tensor scores_of(Recommender& model, const Histories& histories) {
  const torch::NoGradGuard no_grad;
  if (auto* scoring = dynamic_cast<ScoringModel*>(&model)) return scoring->score_all(histories);
  const at::Tensor vectors = model.title_vectors();
  return dynamic_cast<VectorModel&>(model).encode_user(histories, vectors).matmul(vectors.t());
}

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

TEST(InteractionMatrix, TheNewestEventOfAPairDecides) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder,
                                  "a,x,1,play,,train\na,x,2,hide,,train\na,y,3,dislike,,train\n"
                                  "a,y,4,play,,train\na,z,5,dislike,,test\n");
  const auto of_a = [&](const InteractionMatrix& matrix) {
    std::vector<std::string> ids;
    for (const uint32_t title : matrix.titles_of_user[0]) {
      ids.emplace_back(dataset.catalogue().id(title));
    }
    return ids;
  };
  EXPECT_EQ(of_a(InteractionMatrix(dataset)), std::vector<std::string>{"y"});
  EXPECT_EQ(of_a(InteractionMatrix::turned_down(dataset)), std::vector<std::string>{"x"});
  EXPECT_TRUE(of_a(InteractionMatrix::none(dataset)).empty());
}

TEST(CountedTitles, CountAsTheirNewestEventSays) {
  const at::Tensor titles = torch::tensor({{4, 9, 4, 7, 9, 5, 5, 0}});
  const Histories histories{
      titles, torch::tensor({{1.0F, -1.0F, 0.2F, -0.5F, 1.0F, 1.0F, -1.0F, 0.0F}}), {}};
  const CountedTitles counted = counted_titles(histories, 0.25);
  EXPECT_TRUE(torch::equal(counted.titles, torch::tensor({{0, 0, 4, 7, 9, 0, 5, 0}})));
  EXPECT_TRUE(torch::equal(counted.weights,
                           torch::tensor({{0.0F, 0.0F, 1.0F, -0.25F, 1.0F, 0.0F, -0.25F, 0.0F}})));
  EXPECT_EQ(counted.liked().item<float>(), 2);
  const CountedTitles liked = counted_titles(histories, 0);
  EXPECT_TRUE(torch::equal(liked.titles, torch::tensor({{0, 0, 4, 0, 9, 0, 0, 0}})));
  EXPECT_TRUE(torch::equal(liked.weights, liked.titles.gt(0).to(at::kFloat)));
}

// Scores of these models are sums over the history.
class Dislikes : public testing::TestWithParam<const char*> {};

TEST_P(Dislikes, CountAgainstWhatIsLikeThem) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto scored = [&](const std::string& dislikes, std::vector<float> signals) {
    const auto model = fitted(
        dataset, cat("model: {name: ", GetParam(), ", prior: 0, dislikes: ", dislikes, "}\n"));
    Histories histories = history_of({4, 9});
    histories.signals = torch::tensor(signals).unsqueeze(0);
    return scores_of(*model, histories);
  };
  const at::Tensor of_both = scored("0.5", {1, -1}), of_liked = scored("0.5", {1, 0});
  const at::Tensor of_other = scored("0.5", {0, 1});
  EXPECT_TRUE(torch::allclose(of_both, of_liked - 0.5 * of_other, 1e-4, 1e-6));
  EXPECT_TRUE(torch::equal(scored("0", {1, -1}), scored("0", {1, 0})));
}

INSTANTIATE_TEST_SUITE_P(Classic, Dislikes, testing::Values("item_knn", "ease"));

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

constexpr const char* kIals =
    "model: {name: ials, dim: 6, regularisation: 0.05, unobserved_weight: 0.2, "
    "frequency_exponent: 0.7, prior: 0}\ntrain: {epochs: 8}\n";

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

// With the pairs that were turned down: scores of them are to be -0.4.
TEST(Ials, LearnsFromWhatWasTurnedDown) {
  const TempFolder folder;
  std::string rows;
  for (int user = 0; user < 12; ++user) {
    for (int title = 0; title < 8; ++title) {
      if ((user * 5 + title * 3) % 7 > 3) continue;
      const bool turned_down = (user + title) % 3 == 0;
      rows +=
          cat("u", user, ",t", title, ",", title, turned_down ? ",dislike" : ",play", ",,train\n");
    }
  }
  const auto dataset = dataset_of(folder, rows);
  const std::string yaml =
      std::string(kIals).replace(std::string(kIals).find("prior: 0"), 8, "prior: 0, dislikes: 0.4");
  const auto model = fitted(dataset, yaml, 3);
  const at::Tensor titles = model->title_vectors().to(at::kDouble).clone();
  const InteractionMatrix turned_down = InteractionMatrix::turned_down(dataset);
  const at::Tensor liked = interaction_matrix(dataset);
  at::Tensor targets = liked.clone();
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const uint32_t title : turned_down.titles_of_user[user]) targets[user][title] = -0.4;
  }
  const double occurring = liked.sum(0).gt(0).sum().item<double>();
  const auto solved = [&](int64_t user) {
    const at::Tensor target = targets[user];
    const double frequency = liked[user].sum().item<double>() + 0.2 * occurring;
    const at::Tensor system = (titles.t() * (target.ne(0) + 0.2)).matmul(titles) +
                              0.05 * std::pow(frequency, 0.7) * torch::eye(6, at::kDouble);
    return at::linalg_solve(system, titles.t().matmul(target));
  };
  // As it is served.
  for (const int64_t user : {0, 5}) {
    const at::Tensor places = targets[user].nonzero().squeeze(1);
    Histories histories = history_of({});
    histories.titles = places.unsqueeze(0);
    histories.signals = targets[user].index_select(0, places).sign().to(at::kFloat).unsqueeze(0);
    histories.ages = torch::zeros(histories.signals.sizes());
    EXPECT_TRUE(torch::allclose(scores_of(*model, histories)[0].to(at::kDouble),
                                titles.matmul(solved(user)), 1e-3, 1e-5));
  }
  // As it is learned: the next round solves for titles given these users.
  std::vector<at::Tensor> users;
  for (int64_t user = 0; user < dataset.users(); ++user) users.push_back(solved(user));
  const at::Tensor u = torch::stack(users);
  dynamic_cast<RoundLearner&>(*model).fit_round(dataset, 3);
  const at::Tensor next = model->title_vectors().to(at::kDouble);
  const double active = liked.sum(1).gt(0).sum().item<double>();
  for (int64_t title = 1; title < targets.size(1); ++title) {
    const at::Tensor target = targets.select(1, title);
    const double frequency = liked.select(1, title).sum().item<double>() + 0.2 * active;
    const at::Tensor system = (u.t() * (target.ne(0) + 0.2)).matmul(u) +
                              0.05 * std::pow(frequency, 0.7) * torch::eye(6, at::kDouble);
    EXPECT_TRUE(
        torch::allclose(next[title], at::linalg_solve(system, u.t().matmul(target)), 1e-3, 1e-4))
        << title;
  }
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
