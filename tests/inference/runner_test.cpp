#include "inference/runner.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "core/json.h"
#include "core/text.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    tests::write_bundle(tests::six_titles(), temp_ / "bundle");
    bundle_ = std::make_unique<Bundle>(temp_ / "bundle");
    runner_ = std::make_unique<Runner>(*bundle_);
  }

  Answer answer(const std::string& json) const {
    const Request request = parse_request(json);
    return runner_->recommend({&request, 1}).front();
  }
  std::vector<std::string> ids(const std::string& json) const {
    std::vector<std::string> ids;
    for (const auto& item : answer(json).items) ids.push_back(item.title_id);
    return ids;
  }
  std::string error(const std::string& json) const {
    try {
      answer(json);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  std::vector<Json> run(const std::string& lines,
                        Runner::Task task = Runner::Task::kRecommend) const {
    std::istringstream in(lines);
    std::ostringstream out;
    counts_ = runner_->run(in, out, task);
    std::vector<Json> answers;
    for (const auto& line : split(trim(out.str()), '\n')) answers.push_back(Json::parse(line));
    return answers;
  }

  TempFolder temp_;
  std::unique_ptr<Bundle> bundle_;
  std::unique_ptr<Runner> runner_;
  mutable Runner::Counts counts_;
};

using Ids = std::vector<std::string>;

TEST_F(RunnerTest, AnswersInTheFormOfTheContract) {
  const Json answer = run(R"({"id":"r1","history":["a1"],"k":2})").front();
  EXPECT_EQ(
      answer.dump(),
      cat(R"({"id":"r1","model":")", bundle_->name(),
          R"(","items":[{"title_id":"a2","name":"Naked Gun, The","score":)",
          answer["items"][0]["score"].dump(), R"(,"reasons":["because you watched Airplane"]},)",
          R"({"title_id":"a3","name":"Top Secret","score":)", answer["items"][1]["score"].dump(),
          R"(,"reasons":["because you watched Airplane"]}]})"));
  // The user's vector is (1.02, 0.01).
  EXPECT_NEAR(answer["items"][0]["score"].get<double>(), 0.919, 1e-5);
  EXPECT_NEAR(answer["items"][1]["score"].get<double>(), 0.816, 1e-5);
  EXPECT_TRUE(bundle_->name().starts_with("tiny@"));
  EXPECT_EQ(bundle_->name().size(), 13U);
}

TEST_F(RunnerTest, ListsAreAsVariedAsTheRequestSays) {
  EXPECT_EQ(ids(R"({"history":["a1"],"k":2})"), (Ids{"a2", "a3"}));
  EXPECT_EQ(ids(R"({"history":["a1"],"k":2,"diversity":0})"), (Ids{"a2", "a3"}));
  // After a comedy, what is none, if it is not much worse.
  EXPECT_EQ(ids(R"({"history":["a1"],"k":2,"diversity":0.6})"), (Ids{"a2", "c"}));
  EXPECT_EQ(ids(R"({"history":["a1"],"k":2,"diversity":0.1})"), (Ids{"a2", "a3"}));
  // Scores stay those of the model, and requests of a batch do not change each other.
  const Request varied = parse_request(R"({"history":["a1"],"k":3,"diversity":0.6})");
  const Request plain = parse_request(R"({"history":["a1"],"k":3})");
  const auto answers = runner_->recommend(std::vector<Request>{varied, plain, varied});
  EXPECT_EQ(to_json(answers[0]), to_json(answers[2]));
  EXPECT_EQ(answers[1].items[1].title_id, "a3");
  EXPECT_NEAR(answers[0].items[1].score, 0.515, 1e-4);
  EXPECT_EQ(answers[0].items[2].title_id, "a3");
  // Where a request does not say, the runner does.
  const Runner varied_runner(*bundle_, {.diversity = {.strength = 0.6F}});
  EXPECT_EQ(varied_runner.recommend({&plain, 1})[0].items[1].title_id, "c");
  // More than there are, and lists of one.
  EXPECT_EQ(ids(R"({"history":["a1"],"k":100,"diversity":1})").size(), 5U);
  EXPECT_EQ(ids(R"({"history":["a1"],"k":1,"diversity":1})"), Ids{"a2"});
}

TEST_F(RunnerTest, WithoutAProfileAllUsersGetTheSame) {
  const Runner runner(*bundle_,
                      {.lookup = [](const std::string&) -> std::optional<std::vector<HistoryItem>> {
                        ADD_FAILURE() << "a history was read";
                        return std::nullopt;
                      }});
  const auto answered = [&](const std::string& json) {
    const Request request = parse_request(json);
    return to_json(runner.recommend({&request, 1}).front());
  };
  const std::string ann = answered(R"({"user_id":"ann","profile":"none","k":3})");
  EXPECT_EQ(ann, answered(R"({"user_id":"bob","profile":"none","k":3})"));
  EXPECT_EQ(ann, answered(R"({"profile":"none","k":3})"));
  EXPECT_EQ(ann, answered(R"({"history":[],"k":3})"));
}

TEST_F(RunnerTest, GreetsANewUser) {
  const Answer cold = answer(R"({"history":[]})");
  ASSERT_EQ(cold.items.size(), 6U);
  EXPECT_EQ(cold.items[0].title_id, "a1");
  EXPECT_EQ(cold.items[0].reasons, Ids{"popular with members"});
  EXPECT_EQ(cold.items[4].reasons, Ids{"new to you"});
}

TEST_F(RunnerTest, LeavesOutWhatWasSeenAndExcluded) {
  EXPECT_EQ(ids(R"({"history":["a1","a3"]})"), (Ids{"a2", "c", "b2", "b1"}));
  EXPECT_EQ(ids(R"({"history":["a1"],"exclude":["a2","c","a2"]})"), (Ids{"a3", "b2", "b1"}));
  EXPECT_EQ(ids(R"({"history":["a1"],"include_seen":true,"k":2})"), (Ids{"a1", "a2"}));
  EXPECT_EQ(ids(R"({"history":["a1"],"include_seen":true,"exclude":["a1"],"k":1})"), Ids{"a2"});
  EXPECT_EQ(ids(R"({"history":["a1","a2","a3","b1","b2","c"]})"), Ids{});
}

TEST_F(RunnerTest, LeavesOutSeenTitlesBeyondTheNewestHistory) {
  auto tiny = tests::six_titles();
  tiny.max_history = 1;
  tests::write_bundle(tiny, temp_ / "short");
  const Bundle bundle(temp_ / "short");
  const Request request = parse_request(R"({"history":["b1","b2","a1"],"k":5})");
  const auto items = Runner(bundle).recommend({&request, 1}).front().items;
  EXPECT_EQ(items[0].title_id, "a2");  // b1 and b2 are not used
  EXPECT_EQ(items[1].title_id, "a3");
  for (const auto& item : items) EXPECT_NE(item.title_id, "b1");
}

TEST_F(RunnerTest, AppliesFiltersAndGivesFewerThanK) {
  EXPECT_EQ(ids(R"({"history":[],"filters":{"genres":["Drama"]}})"), (Ids{"c", "b2", "b1"}));
  EXPECT_EQ(ids(R"({"history":[],"filters":{"genres":["Comedy"],"max_maturity":"PG"}})"),
            (Ids{"a1", "a3"}));
  EXPECT_EQ(ids(R"({"history":[],"filters":{"genres":["Comedy"],"region":"US"}})"),
            (Ids{"a1", "a2"}));
  EXPECT_EQ(ids(R"({"history":[],"filters":{"genres":["Comedy"]},"at":200})"), (Ids{"a1", "a2"}));
  EXPECT_EQ(ids(R"({"history":[],"filters":{"genres":["Comedy"]},"at":100})"),
            (Ids{"a1", "a2", "a3"}));
  EXPECT_EQ(ids(R"({"history":["c"],"filters":{"genres":["Western"]}})"), Ids{});
}

TEST_F(RunnerTest, ListsUnknownTitlesOnceInOrder) {
  const Answer some = answer(R"({"history":["x","a1","y","x"],"exclude":["z","a2","y"],"k":1})");
  EXPECT_EQ(some.unknown_titles, (Ids{"x", "y", "z"}));
  EXPECT_EQ(some.items[0].title_id, "a3");
  const Answer none = answer(R"({"history":["x"],"k":1})");  // a new user to this model
  EXPECT_EQ(none.items[0].title_id, "a1");
}

TEST_F(RunnerTest, WeighsWhatWasLiked) {
  const auto first = [&](const std::string& history) {
    return ids(R"({"include_seen":true,"k":1,"history":)" + history + "}").front();
  };
  EXPECT_EQ(first(R"([{"title_id":"a1","value":5},{"title_id":"b1","value":1}])"), "a1");
  EXPECT_EQ(first(R"([{"title_id":"a1","value":1},{"title_id":"b1","value":5}])"), "b1");
  EXPECT_EQ(first(R"([{"title_id":"a1","event":"hide"},{"title_id":"b1","event":"like"}])"), "b1");
  EXPECT_EQ(first(R"([{"title_id":"a1","event":"list"},"b1"])"), "b1");
}

TEST_F(RunnerTest, ReadsStoredHistories) {
  const Runner runner(*bundle_, {.lookup = [](const std::string& user) {
    if (user != "ann") return std::optional<std::vector<HistoryItem>>();
    HistoryItem item;
    item.title_id = "b1";
    return std::optional(std::vector{item});
  }});
  const std::vector<Request> requests = {parse_request(R"({"user_id":"ann","k":1})"),
                                         parse_request(R"({"user_id":"bob","k":1})")};
  const auto results = runner.try_recommend(requests);
  EXPECT_EQ(std::get<Answer>(results[0]).items[0].title_id, "b2");
  EXPECT_STREQ(std::get<Error>(results[1]).what(), "user_id: there is no user \"bob\"");
  EXPECT_TRUE(error(R"({"user_id":"ann"})").starts_with("user_id: there are no stored histories"));
}

TEST_F(RunnerTest, GivesReasonsThatAreTrue) {
  const auto reasons = [&](const std::string& history, const std::string& title) -> Ids {
    for (const auto& item : answer(R"({"include_seen":true,"history":)" + history + "}").items) {
      if (item.title_id == title) return item.reasons;
    }
    return {};
  };
  EXPECT_EQ(reasons(R"(["a1","b1"])", "b2"), Ids{"because you watched Ran"});
  EXPECT_EQ(reasons(R"([{"title_id":"b1","event":"like"}])", "b2"), Ids{"because you liked Ran"});
  // Titles on a list, hidden ones and those with a low rating are no positives.
  EXPECT_EQ(reasons(R"([{"title_id":"b1","event":"list"}])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"([{"title_id":"b1","event":"hide"}])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"([{"title_id":"b1","value":2}])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"([{"title_id":"b1","event":"list"}])", "b1"), Ids{"already in your history"});
  // A title does not explain itself.
  EXPECT_EQ(reasons(R"(["b1"])", "b1"), Ids{"already in your history"});
  // "a1" and "a2" share an actor, whom "a3" lacks, and a director, whom it has.
  EXPECT_EQ(reasons(R"(["a1","a2"])", "a3"),
            (Ids{"because you watched Airplane", "more by Zucker"}));
  EXPECT_EQ(reasons(R"(["a1","a2","a3"])", "a1"),
            (Ids{"because you watched Top Secret", "more by Zucker"}));
}

TEST_F(RunnerTest, FindsSimilarTitles) {
  const auto found = runner_->similar("b1", 2);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].title_id, "b2");
  EXPECT_EQ(found[0].name, "Kagemusha");
  EXPECT_EQ(found[1].title_id, "c");
  EXPECT_THROW(runner_->similar("nowhere", 2), Error);
  EXPECT_THROW(runner_->similar("b1", 0), Error);
  EXPECT_THROW(runner_->similar("b1", 1001), Error);
}

TEST_F(RunnerTest, PredictsRatings) {
  const auto answers =
      run("{\"id\":\"p\",\"history\":[\"a1\",\"x\"],\"titles\":[\"b1\",\"y\",\"a2\",\"b1\"]}\n"
          "{\"history\":[],\"titles\":[\"y\"]}\n{\"history\":[]}\n",
          Runner::Task::kPredict);
  ASSERT_EQ(answers.size(), 3U);
  ASSERT_EQ(answers[0]["ratings"].size(), 3U);
  EXPECT_EQ(answers[0]["id"], "p");
  EXPECT_EQ(answers[0]["ratings"][0]["title_id"], "b1");
  EXPECT_NEAR(answers[0]["ratings"][0]["rating"].get<double>(), 2.5125, 1e-4);  // 5 sigmoid(0.01)
  EXPECT_EQ(answers[0]["ratings"][1]["title_id"], "a2");
  EXPECT_EQ(answers[0]["unknown_titles"], Json({"x", "y"}));
  EXPECT_TRUE(answers[1]["ratings"].empty());
  EXPECT_EQ(answers[2]["line"], 3);
  EXPECT_EQ(counts_.answered, 2);
  EXPECT_EQ(counts_.failed, 1);
}

TEST_F(RunnerTest, AnswersAroundBadLines) {
  const auto answers =
      run("{\"id\":\"1\",\"history\":[\"a1\"]}\n"
          "\n"
          "nonsense\n"
          "{\"id\":\"4\",\"history\":[],\"k\":0}\n"
          "{\"id\":\"5\",\"history\":[],\"filters\":{\"genres\":[\"Comdy\"]}}\n" +
          std::string(kMaxRequestBytes + 1, ' ') + "\n" +
          "{\"id\":\"7\",\"user_id\":\"u\"}\n"
          "{\"id\":\"8\",\"history\":[\"a1\"]}");
  ASSERT_EQ(answers.size(), 7U);
  const auto check_error = [&](size_t place, const Json& id, int line, const std::string& says) {
    EXPECT_EQ(answers[place]["id"], id);
    EXPECT_EQ(answers[place]["line"], line);
    const auto error = answers[place]["error"].get<std::string>();
    EXPECT_TRUE(error.starts_with(says)) << error;
  };
  EXPECT_EQ(answers[0]["id"], "1");
  check_error(1, nullptr, 3, "not a JSON object");
  check_error(2, "4", 4, "k: must be a whole number from 1 to 1000, not 0");
  check_error(3, "5", 5, "filters.genres: no title has the genre \"Comdy\"");
  check_error(4, nullptr, 6, "the line has more than 4194304 bytes");
  check_error(5, "7", 7, "user_id: there are no stored histories");
  EXPECT_EQ(answers[6]["id"], "8");
  EXPECT_EQ(answers[6]["items"], answers[0]["items"]);
  EXPECT_EQ(counts_.answered, 2);
  EXPECT_EQ(counts_.failed, 5);
}

TEST_F(RunnerTest, SaysWhenAnswersCannotBeWritten) {
  std::istringstream in(R"({"history":[]})");
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_THROW(runner_->run(in, out), Error);
}

TEST_F(RunnerTest, OrdersHistoriesByTime) {
  auto tiny = tests::six_titles();
  tiny.max_history = 1;  // only the newest counts
  tests::write_bundle(tiny, temp_ / "short");
  const Bundle bundle(temp_ / "short");
  const Runner runner(bundle);
  const auto newest = [&](const std::string& history) {
    const Request request =
        parse_request(R"({"include_seen":true,"k":1,"history":)" + history + "}");
    return runner.recommend({&request, 1}).front().items[0].title_id;
  };
  EXPECT_EQ(newest(R"(["a1","b1"])"), "b1");
  EXPECT_EQ(newest(R"([{"title_id":"b1","timestamp":9},{"title_id":"a1","timestamp":3}])"), "b1");
  EXPECT_EQ(newest(R"([{"title_id":"a1","timestamp":3},{"title_id":"b1","timestamp":3}])"), "b1");
  // One without a timestamp: the given order is kept.
  EXPECT_EQ(newest(R"([{"title_id":"b1","timestamp":9},"a1"])"), "a1");
}

}  // namespace
}  // namespace marquee::inference
