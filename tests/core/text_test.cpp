#include "core/text.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/problems.h"
#include "core/text_table.h"

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

TEST(Text, PrintableLeavesNothingThatATerminalActsOn) {
  const auto shown = [](std::string_view text) { return printable(text, LineEnds::kEscaped); };
  EXPECT_EQ(shown("naïve 映画 🎬"), "naïve 映画 🎬");
  EXPECT_EQ(shown("a\x1b[31mred\x1b[0m"), "a\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(shown("a\nb\r\tc\x7f"), "a\\x0ab\\x0d\\x09c\\x7f");
  EXPECT_EQ(shown("\u009b31m"), "\\xc2\\x9b31m");               // CSI in one character
  EXPECT_EQ(shown("\u202egnp.exe"), "\\xe2\\x80\\xaegnp.exe");  // right to left
  EXPECT_EQ(shown("\u2066x\u2069\u200f"), "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9\\xe2\\x80\\x8f");
  EXPECT_EQ(shown("\u061c\u2028"), "\\xd8\\x9c\\xe2\\x80\\xa8");
  EXPECT_EQ(shown("\xff\xe2\x82"), "\\xff\\xe2\\x82");
  EXPECT_EQ(printable("a\nb\x1b", LineEnds::kKept), "a\nb\\x1b");
  EXPECT_EQ(in_quotes("\x1b[1m\u009b"), "\"\\x1b[1m\\xc2\\x9b\"");
}

TEST(Text, TablesKeepALineARow) {
  EXPECT_EQ(text_table({{"id", "title"}, {"é", "two\nlines"}, {"long", "x"}}),
            "id    title\né     two\\x0alines\nlong  x\n");
  EXPECT_EQ(text_table({{"model", "hr"}, {"m", "0.123"}}, Align::kRight),
            "model     hr\nm      0.123\n");
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
