#include "inference/diversity/list_rules.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/file.h"
#include "inference/diversity/calibration.h"
#include "tests/core/temp_folder.h"

namespace marquee::inference {
namespace {

using Order = std::vector<uint32_t>;
using Wanted = std::vector<double>;

// Titles 1..12: studio A of the first eight, B of the others; genres in turn; every fourth is new.
class ListRulesTest : public testing::Test {
 protected:
  ListRulesTest() {
    std::string csv = "title_id,name,year,genres,studios,countries,popularity\n";
    for (int i = 1; i <= 12; ++i) {
      csv += "t" + std::to_string(i) + ",T," + (i % 4 == 0 ? "2024" : "2001") + "," +
             (i % 2 == 0 ? "Drama|Comedy" : "Comedy") + "," + (i <= 8 ? "A" : "B") + "," +
             (i > 9    ? "FR|DE|US"
              : i == 9 ? ""
                       : "FR|US") +
             ",1\n";
    }
    write_file(folder_ / "titles.csv", csv);
    titles_ = std::make_unique<TitleTable>(folder_ / "titles.csv");
    std::iota(all_.begin(), all_.end(), 1);
  }

  OrderedList kept(const ListRules& rules, size_t k) const {
    return keep_rules(all_, k, rules, *titles_, 2024);
  }

  static ListRules most(data::Feature feature, int count, int window) {
    ListRules rules{.window = window};
    rules.most[static_cast<size_t>(feature)] = count;
    return rules;
  }

  const TempFolder folder_;
  std::unique_ptr<TitleTable> titles_;
  Order all_ = Order(12);
};

TEST_F(ListRulesTest, WithoutRulesTheOrderStays) {
  EXPECT_FALSE(ListRules{}.any());
  EXPECT_EQ(kept({}, 5).places, (Order{0, 1, 2, 3, 4}));
  EXPECT_EQ(kept({}, 99).places.size(), 12U);
}

TEST_F(ListRulesTest, NoMoreOfAStudioInAnyWindow) {
  const auto list = kept(most(data::Feature::kStudio, 2, 3), 6);
  EXPECT_EQ(list.places, (Order{0, 1, 8, 2, 3, 9}));
  EXPECT_EQ(list.relaxed, 0U);
}

TEST_F(ListRulesTest, OfGenresTheFirstCounts) {
  const auto list = kept(most(data::Feature::kGenre, 1, 2), 6);
  EXPECT_EQ(list.places,
            (Order{0, 1, 2, 3, 4, 5}));  // in turn already: the second genre is the same
}

TEST_F(ListRulesTest, WhatCannotBeKeptIsGivenUpInOrderAndSaid) {
  // Four of each ten are of B, and no more than two of A may be among three: A runs into B's end.
  const auto list = kept(most(data::Feature::kStudio, 1, 3), 12);
  EXPECT_EQ(list.places.size(), 12U);
  EXPECT_EQ(relaxed_names(list.relaxed), (std::vector<std::string>{"studio"}));
  ListRules both = most(data::Feature::kStudio, 1, 2);
  both.least_new = 2;
  both.window = 2;  // all of them new, and studios in turn: new titles are given up first
  const auto turns = kept(both, 6);
  EXPECT_EQ(relaxed_names(turns.relaxed), (std::vector<std::string>{"new"}));
  for (size_t i = 1; i < 6; ++i) {
    EXPECT_NE(turns.places[i] < 8, turns.places[i - 1] < 8) << i;
  }
}

TEST_F(ListRulesTest, NewTitlesAreSpreadOverTheWindow) {
  const auto list = kept({.window = 4, .least_new = 1}, 8);
  EXPECT_EQ(list.places, (Order{0, 1, 2, 3, 4, 5, 6, 7}));  // every fourth is
  const auto more = kept({.window = 2, .least_new = 1}, 6);
  EXPECT_EQ(more.places, (Order{0, 3, 1, 7, 2, 11}));
  EXPECT_EQ(more.relaxed, 0U);
}

// The last three are of France and Germany, more than half; half is not enough, and nothing
// neither.
TEST_F(ListRulesTest, SoManyFromSomeCountries) {
  ListRules rules{.window = 3};
  rules.least_from = 1;
  rules.countries =
      std::make_shared<const std::set<std::string>>(std::set<std::string>{"FR", "DE", "IT"});
  const auto list = kept(rules, 8);
  EXPECT_EQ(list.places, (Order{0, 1, 9, 2, 3, 10, 4, 5}));
  EXPECT_EQ(list.relaxed, 0U);
  EXPECT_EQ(relaxed_names(kept(rules, 12).relaxed), (std::vector<std::string>{"countries"}));
}

TEST(Calibration, MiscalibrationIsStecks) {
  const Wanted wanted{.7, .3};
  EXPECT_NEAR(miscalibration(wanted, Wanted{1, 0}), 1.133981751, 1e-9);
  EXPECT_NEAR(miscalibration(wanted, Wanted{.5, .5}), .080690870, 1e-9);
  EXPECT_NEAR(miscalibration(wanted, Wanted{0, 1}), 2.864534673, 1e-9);
  EXPECT_NEAR(miscalibration(wanted, wanted), 0, 1e-15);
}

// Seven of ten of what was watched are dramas; the model puts all dramas first.
TEST(Calibration, ListsFollowTheHistorysGenres) {
  ShareTable titles(2);
  std::vector<float> relevance;
  for (uint32_t i = 0; i < 20; ++i) {
    const uint32_t genre = i < 10 ? 0 : 1;
    titles.add({&genre, 1});
    relevance.push_back(1 - 0.01F * static_cast<float>(i));
  }
  const auto dramas = [](const Order& list) {
    return std::ranges::count_if(list, [](uint32_t i) { return i < 10; });
  };
  const Wanted wanted{.7, .3};
  EXPECT_EQ(dramas(calibrated_list(relevance, titles, wanted, 10, 0)), 10);
  EXPECT_EQ(dramas(calibrated_list(relevance, titles, wanted, 10, .9F)), 7);
  const auto varied = explicit_list(relevance, titles, wanted, 10, .99F);
  EXPECT_LT(dramas(varied), 10);
  EXPECT_EQ(varied.front(), 0U);
  EXPECT_EQ(calibrated_list(relevance, titles, wanted, 99, .5F).size(), 20U);
  EXPECT_TRUE(calibrated_list({}, ShareTable(2), wanted, 5, .5F).empty());
}

// Nothing is known of some titles: they neither fit nor disturb.
TEST(Calibration, OfTitlesWithoutKinds) {
  ShareTable titles(2);
  titles.add({});
  const uint32_t one = 1;
  titles.add({&one, 1});
  EXPECT_EQ(titles.mean(), (Wanted{0, 1}));
  EXPECT_EQ(calibrated_list(std::vector<float>{1, .9F}, titles, Wanted{0, 1}, 2, .5F).size(), 2U);
}

}  // namespace
}  // namespace marquee::inference
