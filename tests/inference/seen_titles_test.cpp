// What of a history is answered again.
#include <gtest/gtest.h>

#include <limits>

#include "inference/user.h"

namespace marquee::inference {
namespace {

using data::Event;
using Titles = std::vector<uint32_t>;
constexpr float kDay = 86'400;

User user() {
  User user;
  user.history.titles = {9, 4, 7, 4, 5, 2};
  user.history.ages = {40 * kDay, 30 * kDay, 20 * kDay, 10 * kDay, 0, 50 * kDay};
  user.history.signals = {1, 1, 1, 1, 1, -1};
  user.events = {Event::kComplete, Event::kComplete, Event::kComplete,
                 Event::kPlay,     Event::kLike,     Event::kHide};
  user.seen = {2, 4, 5, 7, 9};
  return user;
}

SeenRules rules() {
  constexpr float kNever = std::numeric_limits<float>::infinity();
  SeenRules rules{.again_after = {}, .never = false};
  rules.again_after.fill(kNever);
  return rules;
}

TEST(LeftOutTitles, AreAllThatWereSeen) {
  EXPECT_EQ(left_out_titles(user(), {}), (Titles{2, 4, 5, 7, 9}));
  EXPECT_EQ(left_out_titles(user(), rules()), (Titles{2, 4, 5, 7, 9}));
  EXPECT_TRUE(left_out_titles({}, {}).empty());
}

TEST(LeftOutTitles, AsTheKindOfTheNewestEventSays) {
  SeenRules some = rules();
  some.again_after[static_cast<size_t>(Event::kComplete)] = 25 * kDay;
  EXPECT_EQ(left_out_titles(user(), some), (Titles{2, 4, 5, 7}));  // 4 was played since
  some.again_after[static_cast<size_t>(Event::kComplete)] = 40 * kDay;
  EXPECT_EQ(left_out_titles(user(), some), (Titles{2, 4, 5, 7}));  // at that age it comes again
  some.again_after[static_cast<size_t>(Event::kPlay)] = 9 * kDay;
  EXPECT_EQ(left_out_titles(user(), some), (Titles{2, 5, 7}));
  some.again_after[static_cast<size_t>(Event::kLike)] = 0;  // at once
  EXPECT_EQ(left_out_titles(user(), some), (Titles{2, 7}));
}

}  // namespace
}  // namespace marquee::inference
