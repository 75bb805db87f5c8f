#include "core/text.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace marquee {
namespace {

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(grouped(1'500'000), "1,500,000");
  EXPECT_EQ(grouped(-42), "-42");
  EXPECT_EQ(human_count(1'500'000), "1.50 M");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_duration(75), "1:15");
  EXPECT_EQ(human_duration(3'661), "1:01:01");
  EXPECT_EQ(human_duration(0.0123), "12 ms");
}

TEST(Text, QuotedShowsWhatCannotBeSeen) {
  EXPECT_EQ(in_quotes("Amélie"), "\"Amélie\"");
  EXPECT_EQ(in_quotes(std::string_view("a\0b\n", 4)), "\"a\\x00b\\x0a\"");
  EXPECT_EQ(in_quotes("\xff"), "\"\\xff\"");
  EXPECT_EQ(in_quotes(std::string(1'000, 'x')).size(), 65U);  // quotes, 60 bytes, "..."
}

TEST(Text, Utf8IsChecked) {
  EXPECT_TRUE(valid_utf8("naïve 映画 🎬"));
  for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_FALSE(valid_utf8(bad));
  }
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(nearest_name("lenght", {"length", "width"}), "length");
  EXPECT_EQ(nearest_name("banana", {"length", "width"}), "");
}

TEST(Text, SplitAndTrim) {
  EXPECT_EQ(split("a|b||c", '|'), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(split("", '|').empty());
  EXPECT_EQ(trim(" \t x y\r\n"), "x y");
}

TEST(Problems, AreAllReportedUpToALimit) {
  Problems problems(2);
  for (const char* text : {"one", "two", "three"}) problems.add(text);
  try {
    problems.throw_if_any("nothing was started");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "one\ntwo\n... and 1 more\n3 problems; nothing was started");
  }
}

}  // namespace
}  // namespace marquee
