// Errors that have made published results wrong, and must not happen here.
#include <gtest/gtest.h>

#include <limits>

#include "core/json.h"
#include "evaluation/answers.h"
#include "tests/evaluation/world.h"

namespace marquee::evaluation {
namespace {

Answers answers_of(const World& world, int64_t users_at_once) {
  const data::Dataset dataset(world.folder / "dataset");
  const TestUsers test_users = find_test_users(dataset);
  const inference::Bundle bundle(world.folder / "good");
  const TitleMap titles(bundle, dataset.catalogue());
  const Questions questions{
      .dataset = dataset, .test_users = test_users, .users_at_once = users_at_once};
  return answer(bundle, titles, questions, [](int64_t) {});
}

TEST(Traps, TheSizeOfABatchChangesNothing) {
  const World world;
  const Answers one = answers_of(world, 1), seven = answers_of(world, 7),
                all = answers_of(world, 4'096);
  for (const Answers* other : {&seven, &all}) {
    EXPECT_EQ(one.full_ranks, other->full_ranks);
    EXPECT_EQ(one.sampled_ranks, other->sampled_ranks);
    EXPECT_EQ(one.lists, other->lists);
  }
}

TEST(Traps, SeenTitlesAreNotRecommended) {
  const World world("random");
  const data::Dataset dataset(world.folder / "dataset");
  const TestUsers test_users = find_test_users(dataset);
  const Answers answers = answers_of(world, 4'096);
  for (int64_t user = 0; user < test_users.size(); ++user) {
    const std::vector<uint32_t> history = history_titles(dataset, test_users.users[user]);
    for (const uint32_t title : answers.list(user)) {
      EXPECT_EQ(std::count(history.begin(), history.end(), title), 0) << title;
    }
  }
}

TEST(Traps, ScoresThatOverflowAreAnError) {
  World world;
  for (const float huge : {3e38f, -3e38f}) {
    tests::TinyBundle bundle = world.good;
    for (int i = 5 * kDim; i < 6 * kDim; ++i) bundle.vectors[i] = huge;
    for (int i = kDim; i < 2 * kDim; ++i) bundle.vectors[i] = huge;
    const std::string name = huge > 0 ? "up" : "down";
    tests::write_bundle(bundle, world.folder / name);
    EvaluationOptions options = world.options();
    options.bundles = {world.folder / name};
    try {
      evaluate(options);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kArtefact);
      EXPECT_NE(std::string(error.what()).find("not finite"), std::string::npos) << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(world.folder / "report"));
  }
}

TEST(Traps, RepeatedCandidatesCountOnce) {
  const World world("leave-one-out");
  const data::Dataset dataset(world.folder / "dataset");
  std::string rows;
  for (int user = 0; user < kUsers; ++user) {
    for (int title = 0; title < 30; ++title) rows += cat("u", user, ",t", title, "\n");
  }
  const std::string head = "user_id,title_id\n";
  EvaluationOptions options = world.options();
  options.candidates = world.folder.write("once.csv", head + rows);
  evaluate(options);
  options.out = world.folder / "twice";
  options.candidates = world.folder.write("twice.csv", head + rows + rows);
  evaluate(options);
  EXPECT_EQ(report_json(world).at("bundles").at(0).at("metrics").at("candidates"),
            report_json(world, "twice").at("bundles").at(0).at("metrics").at("candidates"));
}

}  // namespace
}  // namespace marquee::evaluation
