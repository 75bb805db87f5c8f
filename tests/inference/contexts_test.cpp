#include "inference/contexts.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/artefact.h"
#include "tests/core/temp_folder.h"

namespace marquee::inference {
namespace {

constexpr int64_t kTitles = 3;

class ContextsTest : public ::testing::Test {
 protected:
  // Two columns with three values in all; title 2 is watched twice as often in "no", title 3 half
  // as often at 9.
  Contexts contexts() const {
    ArtefactWriter writer(temp_ / "bundle", "bundle", true);
    write_file(writer.folder() / "contexts.json",
               R"({"columns":[{"name":"country","values":["no","se"]},
                              {"name":"hour","values":["9"]}]})");
    const std::vector<float> lifts = {0, 0, std::log(2.0F), 0, 0, 0, 0, 0, 0,
                                      0, 0, -std::log(2.0F)};
    FileWriter file(writer.folder() / "contexts.bin");
    file.write_values(std::span(lifts));
    file.close();
    writer.commit(Json::object(), {});
    return {Artefact(temp_ / "bundle"), kTitles};
  }

  TempFolder temp_;
};

TEST_F(ContextsTest, FindsTheRowsOfWhatIsKnown) {
  const Contexts known = contexts();
  const std::vector<ContextValue> both = {{"hour", "9"}, {"country", "no"}};
  const auto rows = known.rows(both);
  EXPECT_EQ(rows, (std::vector<uint32_t>{2, 0}));
  EXPECT_FLOAT_EQ(known.lift(rows, 2), std::log(2.0F));
  EXPECT_FLOAT_EQ(known.lift(rows, 3), -std::log(2.0F));
  EXPECT_EQ(known.lift(rows, kTitles + 1), 0) << "a title that was added later";
  const std::vector<ContextValue> elsewhere = {{"country", "fi"}};
  EXPECT_TRUE(known.rows(elsewhere).empty());
  const std::vector<ContextValue> unknown = {{"device", "tv"}};
  EXPECT_THROW(known.rows(unknown), Error);
}

TEST_F(ContextsTest, WeighsLessWithEveryEvent) {
  EXPECT_EQ(context_weight(0), 1);
  EXPECT_EQ(context_weight(5), 0.5F);
  EXPECT_GT(context_weight(90), 0);
  EXPECT_EQ(context_weight(100), 0);
}

// Scores 10 and 8 with one between: their unit is (10 - 8) / log((10 + 2) / 10).
TEST_F(ContextsTest, AddsTheLiftInUnitsOfPlaces) {
  const Contexts known = contexts();
  const std::vector<uint32_t> north = {0};
  std::vector<ScoredTitle> titles = {{1, 10}, {2, 9}, {3, 8}};
  rank_in_context(titles, known, north, 1);
  EXPECT_EQ(titles[0].title, 2U);
  EXPECT_NEAR(titles[0].score, 9 + 2 / std::log(1.2) * std::log(2), 1e-4);
  EXPECT_EQ(titles[1].score, 10);
  titles = {{1, 10}, {2, 9}, {3, 8}};
  rank_in_context(titles, known, {}, 1);
  EXPECT_EQ(titles[0].title, 1U);
  rank_in_context(titles, known, north, 0);
  EXPECT_EQ(titles[1].score, 9);
  titles = {{1, 0}, {2, 0}, {3, 0}};
  rank_in_context(titles, known, north, 1);
  EXPECT_EQ(titles[0].title, 2U) << "among equals the context decides";
}

}  // namespace
}  // namespace marquee::inference
