// The contents of the report and its page, and what is refused.
#include <gtest/gtest.h>

#include "core/json.h"
#include "core/text.h"
#include "core/threads.h"
#include "evaluation/evaluate.h"
#include "tests/evaluation/world.h"

namespace marquee::evaluation {
namespace {

using data::error_of;

TEST(Evaluate, WritesWhatTheContractSays) {
  const World world;
  evaluate(world.options());
  const Json json = report_json(world);
  EXPECT_EQ(json.at("schema"), 1);
  for (const char* key : {"name", "sha256", "split", "users", "titles", "interactions"}) {
    EXPECT_TRUE(json.at("dataset").contains(key)) << key;
  }
  ASSERT_EQ(json.at("bundles").size(), 2u);
  for (const Json& bundle : json.at("bundles")) {
    for (const char* key : {"name", "model", "sha256", "parameters", "metrics", "slices"}) {
      EXPECT_TRUE(bundle.contains(key)) << key;
    }
    for (const auto& [protocol, metrics] : bundle.at("metrics").items()) {
      for (const auto& [metric, found] : metrics.items()) {
        EXPECT_LE(found.at("low").get<double>(), found.at("value").get<double>()) << metric;
        EXPECT_LE(found.at("value").get<double>(), found.at("high").get<double>()) << metric;
      }
    }
    int64_t users = 0;
    for (const Json& slice : bundle.at("slices").at("history_length")) {
      users += slice.at("n").get<int64_t>();
    }
    EXPECT_EQ(users, json.at("test_users").at("users"));
  }
  EXPECT_FALSE(json.at("bundles").at(1).at("metrics").contains("rating"));
  const double difference = json.at("differences").at(0).at("value").get<double>();
  EXPECT_NEAR(difference,
              value_of(json.at("bundles").at(0), "full_rank", "ndcg@10") -
                  value_of(json.at("bundles").at(1), "full_rank", "ndcg@10"),
              1e-12);
  EXPECT_EQ(Artefact(world.folder / "report", "report").manifest().sources.size(), 3u);
}

TEST(Evaluate, GivesTheSameReportAgainWhateverTheThreads) {
  const World world;
  const int threads = thread_count();
  EvaluationOptions options = world.options();
  set_thread_count(1);
  evaluate(options);
  Json first = report_json(world);
  const std::string first_page = read_file(world.folder / "report" / "report.html");
  set_thread_count(3);
  options.overwrite = true;
  evaluate(options);
  set_thread_count(threads);
  Json second = report_json(world);
  first.erase("timings");
  second.erase("timings");
  EXPECT_EQ(first.dump(), second.dump());
  EXPECT_EQ(first_page, read_file(world.folder / "report" / "report.html"));
}

TEST(Evaluate, MatchesTitlesById) {
  World world;
  evaluate(world.options());
  // The same model with its titles in the opposite order and one more title beyond the dataset's.
  tests::TinyBundle reversed = world.good;
  const std::vector<std::string> lines = split(world.good.titles_csv, '\n');
  reversed.titles_csv = lines[0] + "\nnew,New,\n";
  reversed.vectors.assign(2 * kDim, 9);
  std::fill_n(reversed.vectors.begin(), kDim, 0.0f);
  for (int title = kTitles; title >= 1; --title) {
    reversed.titles_csv += lines[static_cast<size_t>(title)] + "\n";
    const auto from = world.good.vectors.begin() + title * kDim;
    reversed.vectors.insert(reversed.vectors.end(), from, from + kDim);
  }
  tests::write_bundle(reversed, world.folder / "reversed");
  EvaluationOptions options = world.options("again");
  options.bundles = {world.folder / "reversed"};
  evaluate(options);
  const Json before = report_json(world).at("bundles").at(0);
  const Json after = report_json(world, "again").at("bundles").at(0);
  EXPECT_EQ(before.at("metrics").at("full_rank"), after.at("metrics").at("full_rank"));
  EXPECT_EQ(before.at("metrics").at("sampled_99"), after.at("metrics").at("sampled_99"));
}

TEST(Evaluate, RefusesABundleThatLacksTitles) {
  World world;
  tests::TinyBundle small = world.good;
  const std::vector<std::string> lines = split(world.good.titles_csv, '\n');
  small.titles_csv = lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n";
  small.vectors.resize(3 * kDim);
  tests::write_bundle(small, world.folder / "small");
  EvaluationOptions options = world.options();
  options.bundles = {world.folder / "small"};
  try {
    evaluate(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kArtefact);
    EXPECT_NE(std::string(error.what()).find("does not know 148 of the 150 titles"),
              std::string::npos)
        << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(world.folder / "report"));
}

TEST(Evaluate, SaysWhatItCannotEvaluate) {
  const World world;
  data::IngestOptions ingest;
  ingest.interactions = {
      world.folder.write("two.csv", "user_id,title_id,timestamp\na,x,1\na,y,2\n")};
  ingest.out = world.folder / "no_test";
  data::ingest(ingest);
  EvaluationOptions options = world.options();
  options.dataset = world.folder / "no_test";
  EXPECT_NE(error_of(world.folder, [&] { evaluate(options); }).find("no test interactions"),
            std::string::npos);
  options = world.options();
  options.candidates = world.folder.write("none.csv", "user_id,title_id\n");
  EXPECT_NE(error_of(world.folder, [&] { evaluate(options); }), "");
  options = world.options();
  options.bundles.push_back(options.bundles.front());
  EXPECT_NE(error_of(world.folder, [&] { evaluate(options); }).find("named twice"),
            std::string::npos);
}

TEST(ReportPage, EscapesNamesAndNeedsNoNetwork) {
  const World world("leave-one-out", "<script>alert('x')</script> & Co");
  evaluate(world.options());
  const std::string page = read_file(world.folder / "report" / "report.html");
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Co"),
            std::string::npos);
  for (const char* outside : {"http://", "https://", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST(ReportPage, EveryLinkLeadsToItsDefinition) {
  const World world;
  evaluate(world.options());
  const std::string page = read_file(world.folder / "report" / "report.html");
  size_t links = 0;
  for (size_t at = page.find("href=\"#"); at != std::string::npos;
       at = page.find("href=\"#", at + 1)) {
    const size_t begin = at + 7;
    const std::string id = page.substr(begin, page.find('"', begin) - begin);
    EXPECT_NE(page.find("id=\"" + id + "\""), std::string::npos) << id;
    ++links;
  }
  EXPECT_GT(links, 10u);
}

TEST(ReportPage, ShowsTheTrainingCurveOfABundleThatHasOne) {
  const World world;
  ArtefactWriter writer(world.folder / "trained", "bundle");
  std::filesystem::copy(world.folder / "good", writer.folder());
  std::filesystem::remove(writer.folder() / "manifest.json");
  write_file(writer.folder() / "training.json",
             R"({"points":[{"step":0,"epoch":0,"loss":5.0,"valid_ndcg@10":0.01},
                 {"step":10,"epoch":1,"loss":4.0,"valid_ndcg@10":null}],"best_step":0})");
  writer.commit(read_manifest(world.folder / "good").facts, {});
  EvaluationOptions options = world.options();
  options.bundles = {world.folder / "trained"};
  evaluate(options);
  EXPECT_NE(read_file(world.folder / "report" / "report.html").find("Training of good"),
            std::string::npos);
}

}  // namespace
}  // namespace marquee::evaluation
