#include "inference/diversity/exposure_floors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <vector>

#include "tests/core/temp_folder.h"

namespace marquee::inference {
namespace {

// Titles 1 to 4 are of Big, watched 80 times of 100; 5 of Small and 6 of both.
class Floors : public testing::Test {
 protected:
  Floors() {
    std::ofstream(folder_ / "titles.csv")
        << "title_id,name,studios,countries,popularity\n"
           "a,A,Big,US,20\nb,B,Big,US,20\nc,C,Big,US,20\nd,D,Big,US,20\ne,E,Small,FR,10\n"
           "f,F,Big|Small,US|FR,10\n";
    titles_ = std::make_unique<TitleTable>(folder_ / "titles.csv");
  }
  TempFolder folder_;
  std::unique_ptr<TitleTable> titles_;
};

// One list after another of one title, the best by its relevance and bonus. → Small's share.
double share_of_small(ExposureFloors& floors, int lists, float small_relevance) {
  double small = 0;
  for (int i = 0; i < lists; ++i) {
    const auto bonuses = floors.bonuses();
    const bool chosen = small_relevance + bonuses(5) > 1 + bonuses(1);
    const std::vector<ScoredTitle> list = {{chosen ? 5U : 1U, 1}};
    floors.shown({&list, 1});
    small += chosen;
  }
  return small / lists;
}

TEST_F(Floors, AGroupGetsItsFloorAndHardlyMore) {
  // Small has 15 of 100 interactions: 10 and half of 10.
  for (const double least : {1.0, 0.5}) {
    ExposureFloors floors(*titles_, {ExposureGroups::kStudio, least});
    EXPECT_EQ(floors.groups(), 2);
    share_of_small(floors, 1'000, 0.4F);  // until the bonus is what it has to be
    EXPECT_NEAR(share_of_small(floors, 10'000, 0.4F), least * 0.15, 0.002) << least;
  }
}

TEST_F(Floors, WhoIsShownEnoughGetsNothing) {
  ExposureFloors floors(*titles_, {ExposureGroups::kCountry, 1});
  const std::vector<ScoredTitle> list = {{5, 1}};
  for (int i = 0; i < 50; ++i) floors.shown({&list, 1});
  const auto bonuses = floors.bonuses();
  EXPECT_EQ(bonuses(5), 0);
  EXPECT_FLOAT_EQ(bonuses(1), 0.5);  // 50 lists of 100
  EXPECT_FLOAT_EQ(bonuses(6), 0.25) << "the mean of both countries";
}

TEST_F(Floors, ListsThatAreCountedTogetherAreAsOneByOne) {
  ExposureFloors together(*titles_, {ExposureGroups::kStudio, 1});
  ExposureFloors apart(*titles_, {ExposureGroups::kStudio, 1});
  std::vector<std::vector<ScoredTitle>> lists;
  for (uint32_t i = 0; i < 40; ++i) lists.push_back({{1 + i % 4, 1}, {1 + (i + 1) % 4, 1}});
  lists.push_back({});  // of who has seen everything
  together.shown(lists);
  for (const auto& list : lists) apart.shown({&list, 1});
  for (uint32_t title = 1; title <= 6; ++title) {
    EXPECT_EQ(together.bonuses()(title), apart.bonuses()(title)) << title;
  }
}

TEST_F(Floors, AttributesThatTitlesLackGiveNoFloors) {
  ExposureFloors floors(*titles_, {ExposureGroups::kDirector, 1});
  const std::vector<ScoredTitle> list = {{1, 1}};
  floors.shown({&list, 1});
  EXPECT_EQ(floors.bonuses()(1), 0);
}

}  // namespace
}  // namespace marquee::inference
