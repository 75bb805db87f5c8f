// What is similar to disliked titles sinks.
#include <gtest/gtest.h>

#include "inference/diversity/diversifier.h"
#include "tests/inference/bundle_fixture.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

using Titles = std::vector<uint32_t>;

TEST(DislikedTitles, AreThoseWhoseNewestEventSaysSo) {
  const UserHistory history{
      {4, 7, 4, 9, 7, 5, 5}, {-1, 1, 1, -0.5F, -1, -1, 0}, {6, 5, 4, 3, 2, 1, 0}};
  Diversity diversity{.dislikes = 1};
  EXPECT_EQ(disliked_titles(history, diversity), (Titles{5, 7, 9}));  // newest first
  diversity.disliked = 2;
  EXPECT_EQ(disliked_titles(history, diversity), (Titles{5, 7}));
  diversity.dislikes = 0;
  EXPECT_TRUE(disliked_titles(history, diversity).empty());
}

TEST(DislikedTitles, SinkWhatIsSimilarAndScoresStay) {
  const TempFolder folder;
  tests::write_bundle(tests::six_titles(), folder / "bundle");
  const Bundle bundle(folder / "bundle");
  const auto id = [&](const char* name) {
    return static_cast<uint32_t>(bundle.titles().find(name));
  };
  const std::vector<ScoredTitle> candidates = {
      {id("a1"), 5}, {id("b1"), 4}, {id("a3"), 3}, {id("b2"), 1}};
  const Titles disliked = {id("a2")};
  const VariedList list =
      Diversifier(bundle).choose(candidates, 3, Diversity{.dislikes = 2}, {.disliked = disliked});
  Titles titles;
  for (const ScoredTitle& each : list.titles) titles.push_back(each.title);
  EXPECT_EQ(titles, (Titles{id("b1"), id("b2"), id("a1")}));
  EXPECT_EQ(list.titles.back().score, 5);
}

}  // namespace
}  // namespace marquee::inference
