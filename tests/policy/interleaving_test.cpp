#include "policy/simulation/interleaving.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "policy/experiment/preference.h"

namespace marquee::policy {
namespace {

using Lists = std::array<std::vector<std::string>, 2>;

std::vector<std::string> titles(const Lists& lists, const std::vector<Drafted>& drafted) {
  std::vector<std::string> result;
  for (const Drafted& each : drafted) result.push_back(lists[each.team][each.index]);
  return result;
}

TEST(TeamDraft, TakesTheBestOfEachInTurn) {
  const Lists lists{{{"a", "b", "c", "d"}, {"x", "a", "y", "z"}}};
  std::set<std::string> firsts;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    RandomStream random(seed, "draft");
    const auto drafted = team_draft(lists, 6, random);
    const auto shown = titles(lists, drafted);
    EXPECT_EQ(std::set(shown.begin(), shown.end()).size(), 6) << "no title twice";
    for (size_t round = 0; round < 6; round += 2) {
      EXPECT_NE(drafted[round].team, drafted[round + 1].team) << "one each in every round";
    }
    EXPECT_EQ(std::set<std::string>(shown.begin(), shown.begin() + 2),
              (std::set<std::string>{"a", "x"}));
    firsts.insert(shown.front());
  }
  EXPECT_EQ(firsts, (std::set<std::string>{"a", "x"}));
}

TEST(TeamDraft, GivesEqualListsToBothEvenly) {
  const Lists same{{{"a", "b", "c"}, {"a", "b", "c"}}};
  int first = 0;
  constexpr int kDrafts = 4'000;
  for (uint64_t seed = 0; seed < kDrafts; ++seed) {
    RandomStream random(seed, "draft");
    const auto drafted = team_draft(same, 2, random);
    EXPECT_EQ(titles(same, drafted), (std::vector<std::string>{"a", "b"}));
    first += drafted[0].team == 0;
  }
  EXPECT_NEAR(first, kDrafts / 2, 4 * std::sqrt(kDrafts / 4));
}

TEST(TeamDraft, EndsWhenNothingIsLeft) {
  RandomStream random(1, "draft");
  EXPECT_EQ(team_draft({{{"a"}, {"a"}}}, 5, random).size(), 1);
  EXPECT_EQ(team_draft({{{}, {"a", "b"}}}, 5, random).size(), 2);
  EXPECT_TRUE(team_draft({}, 5, random).empty());
}

TEST(Interleaving, ShowsATitleOnceAndSaysWhose) {
  const auto page = [](const std::vector<std::vector<std::string>>& rows) {
    serving::PageAnswer answer;
    for (const auto& ids : rows) {
      auto& row = answer.rows.emplace_back();
      for (const auto& id : ids) row.items.emplace_back().title_id = id;
    }
    return answer;
  };
  const auto one = page({{"a", "b"}, {"c", "d"}}), other = page({{"c", "b"}, {"a", "e"}, {"f"}});
  RandomStream random(3, "draft");
  const InterleavedPage made = interleaved({&one, &other}, random);
  ASSERT_EQ(made.page.rows.size(), 3);
  std::set<std::string> shown;
  for (const auto& row : made.page.rows) {
    for (const auto& item : row.items) EXPECT_TRUE(shown.insert(item.title_id).second);
  }
  EXPECT_EQ(shown, (std::set<std::string>{"a", "c", "d", "e", "f"}));
  EXPECT_EQ(made.team.at("a"), 0);
  EXPECT_EQ(made.team.at("c"), 1);
  EXPECT_EQ(made.team.at("f"), 1);
}

TEST(Preference, IsTheMeanShareOverMembers) {
  // Shares 1, 0.5, -0.5, 0 and 0: mean 0.2, variance 0.325.
  const std::vector<Credit> credits{
      {"u", {0, 2}}, {"v", {1, 3}}, {"w", {3, 1}}, {"x", {}}, {"y", {1, 1}}};
  const Preference result = preference({"old", "new"}, credits, 0.05, 0.8);
  EXPECT_DOUBLE_EQ(result.members, 5);
  EXPECT_DOUBLE_EQ(result.share.value, 0.2);
  EXPECT_NEAR(result.share.error, std::sqrt(0.325 / 5), 1e-12);
  EXPECT_NEAR(result.share.high, 0.2 + 2.776445105 * std::sqrt(0.325 / 5), 1e-8);  // t, 4 degrees
  EXPECT_NEAR(result.needed, 0.325 * std::pow(1.959963985 + 0.841621234, 2) / 0.04, 1e-5);
}

TEST(Preference, OfNobodyIsUnknown) {
  EXPECT_EQ(preference({"old", "new"}, {}, 0.05, 0.8).needed, 0);
  EXPECT_EQ(preference({"old", "new"}, {{"u", {1, 1}}, {"v", {2, 2}}}, 0.05, 0.8).needed, 0);
}

}  // namespace
}  // namespace marquee::policy
