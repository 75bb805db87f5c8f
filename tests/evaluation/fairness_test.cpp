// What an audit of fairness computes, against values by hand and against what was planted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random.h"
#include "core/text.h"
#include "evaluation/fairness/amplification.h"
#include "evaluation/fairness/audit.h"
#include "evaluation/fairness/distances.h"
#include "evaluation/fairness/european.h"
#include "evaluation/fairness/provider_groups.h"
#include "evaluation/fairness/providers.h"
#include "evaluation/fairness/rating_gaps.h"
#include "evaluation/report/markup.h"
#include "tests/data/fixtures.h"

namespace marquee::evaluation {
namespace {

// Title 0 is rated 4, 2 by the group and predicted 3, 2; rated 3 by another, predicted 4. Title 1:
// 5 and 5.5 in the group; 1, 3 and 2, 3 outside. Title 2 only outside.
RatedTargets six_ratings() {
  return {.member = {0, 1, 2, 0, 2, 3, 3},
          .title = {0, 0, 0, 1, 1, 1, 2},
          .rating = {4, 2, 3, 5, 1, 3, 4},
          .predicted = {3, 2, 4, 5.5, 2, 3, 1},
          .members = 4,
          .titles = 3};
}

TEST(RatingGaps, ByHand) {
  // Errors of the group and of others: title 0 -0.5 and 1, title 1 0.5 and 0.5.
  const RatingGapValues gaps =
      rating_gaps(six_ratings(), {true, true, false, false}, std::vector<double>(4, 1));
  EXPECT_DOUBLE_EQ(gaps[0], 1.5 / 2);
  EXPECT_DOUBLE_EQ(gaps[1], 0.5 / 2);
  EXPECT_DOUBLE_EQ(gaps[2], 0.5 / 2);
  EXPECT_DOUBLE_EQ(gaps[3], 1.0 / 2);
  EXPECT_DOUBLE_EQ(gaps[4], 10.5 / 3 - 10.0 / 4);
}

TEST(RatingGaps, CountMembersAsOftenAsTheyAreDrawn) {
  const std::vector<bool> in_group{true, true, false, false};
  const std::vector<double> twice{2, 1, 1, 1}, none{0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(rating_gaps(six_ratings(), in_group, twice)[0], (2.0 / 3 + 1) / 2);
  EXPECT_TRUE(std::isnan(rating_gaps(six_ratings(), in_group, none)[0]));
}

TEST(RatingGaps, LeaveOutWhatIsNotRatedOrNotPredicted) {
  TestUsers test;
  const float none = std::nanf("");
  test.users = {4, 7, 9};
  test.offsets = {0, 2, 3, 4};
  test.targets = {5, 3, 5, 8};
  test.ratings = {4, none, 2, 1};
  const RatedTargets rated = rated_targets(test, {3, 3, none, 2});
  EXPECT_EQ(rated.members, 2U);
  EXPECT_EQ(rated.titles, 2U);
  EXPECT_EQ(rated.member, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(rated.title, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(rated.rating, (std::vector<float>{4, 1}));
}

TEST(Distances, OfShares) {
  const double a[] = {1, 3}, b[] = {1, 1}, c[] = {0, 2};
  EXPECT_DOUBLE_EQ(share_distance(a, b), 0.5);
  EXPECT_DOUBLE_EQ(share_distance(a, a), 0);
  EXPECT_DOUBLE_EQ(share_distance(std::vector<double>{1, 0}, c), 2);
}

TEST(Distances, IntervalsAreCentredAndNotBelowZero) {
  const Interval moved = centred({1, {2, 3, 4}});
  EXPECT_DOUBLE_EQ(moved.value, 1);
  EXPECT_NEAR(moved.low, 0.05, 1e-12);
  EXPECT_NEAR(moved.high, 1.95, 1e-12);
  EXPECT_NEAR(centred({0.1, {0, 1, 2}}).low, 0.005, 1e-12);  // of 0, 0.1 and 1.1
}

TEST(European, IsATitleWithMostOfItsCountriesThere) {
  const std::set<std::string> there{"GB", "FR"};
  EXPECT_TRUE(is_european("GB", there));
  EXPECT_TRUE(is_european("US|GB|FR", there));
  EXPECT_FALSE(is_european("US|GB", there));
  EXPECT_FALSE(is_european("US", there));
  EXPECT_FALSE(is_european("", there));
}

// Two members: histories a, b and b, d; c and a to find; lists d and c, a.
class TwoMembers : public testing::Test {
 protected:
  TwoMembers() {
    data::ingest(data::options_for(
        folder_, "user_id,title_id,timestamp\nu,a,1\nu,b,2\nu,c,3\nv,b,1\nv,d,2\nv,a,3\n",
        "title_id,name,genres,countries\na,A,Drama,GB\nb,B,Comedy,US\nc,C,Drama,\n"
        "d,D,Comedy|Drama,GB|US\n"));
    dataset_ = std::make_unique<data::Dataset>(folder_ / "out");
    test_ = find_test_users(*dataset_);
    answers_.lists.resize(2 * kListLength);
    answers_.lists[0] = 4;
    answers_.lists[kListLength] = 3;
    answers_.lists[kListLength + 1] = 1;
  }

  Questions questions() const { return {.dataset = *dataset_, .test_users = test_}; }

  const ProviderKind& kind(const std::string& name) {
    if (kinds_.empty()) kinds_ = provider_fairness(questions(), answers_, kFew);
    return *std::ranges::find(kinds_, name, &ProviderKind::name);
  }

  static constexpr BootstrapOptions kFew{1, 100};
  const double second_ = 1 / std::log2(3.0);  // what the second place counts
  TempFolder folder_;
  std::unique_ptr<data::Dataset> dataset_;
  TestUsers test_;
  Answers answers_;
  std::vector<ProviderKind> kinds_;
};

TEST_F(TwoMembers, EuropeanWorksByHand) {
  configs::EuropeanLimit limit;
  limit.titles_in_list = 1;
  const auto works = european_works(questions(), answers_, limit, kFew);
  ASSERT_TRUE(works);
  EXPECT_DOUBLE_EQ(works->known, 0.75);
  EXPECT_DOUBLE_EQ(works->catalogue, 0.25);
  EXPECT_DOUBLE_EQ(works->watched, 0.5);
  EXPECT_DOUBLE_EQ(works->shown.value, second_ / (2 + second_));
  EXPECT_DOUBLE_EQ(works->lists.value, 0.5);
}

TEST_F(TwoMembers, CountriesThatAreNotThereAreRefused) {
  const auto error = [&](const configs::EuropeanLimit& limit) {
    return data::error_of(folder_, [&] { check_countries(dataset_->catalogue(), limit); });
  };
  configs::EuropeanLimit limit;
  EXPECT_EQ(error(limit), "");
  limit.countries = "GB,US";
  EXPECT_EQ(error(limit), "");
  limit.countries = "GB, UK";
  EXPECT_NE(error(limit).find("\"UK\" is a country of no title; there are GB, US"),
            std::string::npos)
      << error(limit);
}

TEST_F(TwoMembers, ExposureByCountryAndAmortisedByHand) {
  const auto& countries = kind("country").providers;
  ASSERT_EQ(countries.size(), 2U);
  EXPECT_EQ(countries[0].name, "GB");
  EXPECT_DOUBLE_EQ(countries[0].catalogue, 0.5);
  EXPECT_DOUBLE_EQ(countries[0].watched, 1);
  EXPECT_DOUBLE_EQ(countries[0].shown.value, (0.5 + second_) / (1 + second_));
  EXPECT_DOUBLE_EQ(countries[1].history, (1 + 1 + 0.5) / 4);
  const double comedy = 0.5 / (2 + second_);  // shown; only dramas are watched next
  EXPECT_NEAR(kind("genre").amortised.value, 2 * comedy, 1e-12);
}

TEST_F(TwoMembers, AmplificationByHand) {
  const auto all = amplification(questions(), answers_, kFew).front();
  EXPECT_EQ(all.members, 2);
  EXPECT_DOUBLE_EQ(all.popularity_lift.value, 0.75 / 1.5 - 1);
  ASSERT_EQ(all.genres.size(), 2U);
  EXPECT_EQ(all.genres[0].name, "Comedy");
  EXPECT_DOUBLE_EQ(all.genres[0].history, 0.625);
  EXPECT_DOUBLE_EQ(all.genres[0].lists.value, 0.25);
  EXPECT_DOUBLE_EQ(all.genres[0].ratio.value, 0.4);
  EXPECT_DOUBLE_EQ(all.genres[1].ratio.value, 2);
}

TEST_F(TwoMembers, LimitsOfEuropeanWorksAreExceededWhenThatIsSure) {
  FairnessReport report;
  report.european = EuropeanWorks{.known = 1,
                                  .catalogue = 0.25,
                                  .watched = 0.3,
                                  .shown = {0.28, 0.2, 0.35},
                                  .lists = {0.4, 0.3, 0.45}};
  EXPECT_TRUE(findings(report).empty());
  report.limits.european = {
      .least_of_catalogue = 0.3, .least_of_exposure = 0.3, .least_of_lists = 0.5};
  const auto found = findings(report);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].text, cat("European works: ", percent(0.25), " of the catalogue; at least ",
                               percent(0.3), " is required"));
  EXPECT_NE(found[1].text.find("lists have 3 or more"), std::string::npos);
  EXPECT_EQ(found[2].kind, Finding::Kind::kUnclear);
}

// Everybody rates eight titles; what is predicted for the last is too low for the group "low".
TEST(RatingFairness, FindsWhatIsPlantedAndNothingElse) {
  const TempFolder folder;
  RandomStream random(3, "ratings");
  std::string events = "user_id,title_id,timestamp,event,value\n", users = "user_id,group,coin\n";
  for (int user = 0; user < 240; ++user) {
    std::vector<int> titles{0, 1, 2, 3, 4, 5, 6, 7};
    random.shuffle(titles);
    for (int i = 0; i < 8; ++i) {
      events += cat("u", user, ",t", titles[static_cast<size_t>(i)], ",", i, ",rating,",
                    1 + random.below(5), "\n");
    }
    users += cat("u", user, user % 3 == 0 ? ",low" : ",usual",
                 random.below(2) == 0 ? ",heads\n" : ",tails\n");
  }
  data::ingest(data::options_for(folder, events, "", users));
  const data::Dataset dataset(folder / "out");
  const TestUsers test = find_test_users(dataset);
  Answers answers;
  for (int64_t member = 0; member < test.size(); ++member) {
    const bool low = dataset.attribute(0, test.users[static_cast<size_t>(member)]) == "low";
    for (const float rating : test.of(member, test.ratings)) {
      answers.predicted_ratings.push_back(rating + static_cast<float>(0.3 * random.normal()) -
                                          (low ? 0.8F : 0.0F));
    }
  }
  std::map<std::string, RatingGroup> groups;
  const Questions questions{.dataset = dataset, .test_users = test};
  for (const auto& attribute : rating_fairness(questions, answers, {1, 400})) {
    for (const auto& group : attribute.groups) groups[group.name] = group;
  }
  const auto& low = groups.at("low").gaps;
  EXPECT_EQ(groups.at("low").members, 80);
  EXPECT_NEAR(low[0].value.value, 0.8, 0.15);
  EXPECT_LT(low[0].by_chance, 0.3);
  EXPECT_GT(low[0].value.low, 0.5);
  for (const size_t found : {0, 1, 2}) EXPECT_LT(low[found].holm_p, 0.05) << kRatingGaps[found];
  for (const auto& gap : groups.at("heads").gaps) {
    EXPECT_GT(gap.holm_p, 0.05);
    EXPECT_LT(std::abs(gap.value.value - gap.by_chance), 0.2);
  }
}

}  // namespace
}  // namespace marquee::evaluation
