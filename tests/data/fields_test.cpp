#include "data/fields.h"

#include <gtest/gtest.h>

#include <charconv>

#include "core/random.h"

namespace marquee::data {
namespace {

TEST(ParseTime, ReadsUnixSecondsAndIso8601) {
  const std::pair<const char*, int64_t> cases[] = {
      {"0", 0},
      {"964982703", 964982703},
      {"-1", -1},
      {"964982703.9", 964982703},
      {"-0.5", -1},
      {"9.64982703e8", 964982703},
      {"1970-01-01", 0},
      {"2000-07-30T18:45:03Z", 964982703},
      {"2000-07-30 18:45:03", 964982703},
      {"2000-07-30t18:45:03z", 964982703},
      {"2000-07-30T20:45:03+02:00", 964982703},
      {"2000-07-30T20:45:03+0200", 964982703},
      {"2000-07-30T20:45:03+02", 964982703},
      {"2000-07-30T13:15:03.999-05:30", 964982703},
      {"2000-07-30T18:45", 964982700},
      {"2020-02-29", 1582934400},
      {"1969-12-31T23:59:59Z", -1},
      {"9999-12-31T23:59:59Z", 253402300799},
  };
  for (const auto& [text, time] : cases) EXPECT_EQ(parse_time(text), time) << text;
}

TEST(ParseTime, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " 1",
                           "1 ",
                           "now",
                           "nan",
                           "inf",
                           "1e300",
                           "99999999999999",
                           "253402300800",
                           "2021-02-29",
                           "2021-13-01",
                           "2021-00-10",
                           "2021-1-1",
                           "0000-01-01",
                           "2021-01-01T",
                           "2021-01-01T24:00",
                           "2021-01-01T10",
                           "2021-01-01T10:60",
                           "2021-01-01T10:00:60",
                           "2021-01-01T10:00:00.",
                           "2021-01-01T10:00:00+",
                           "2021-01-01T10:00:00+01:",
                           "2021-01-01T10:00:00+01:00x",
                           "2021-01-01X10:00",
                           "20210101T100000Z",
                           "30/07/2000",
                           "0x10"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, ReadsDecimals) {
  const std::pair<const char*, float> cases[] = {{"4", 4.0f},
                                                 {"4.0", 4.0f},
                                                 {"0.5", 0.5f},
                                                 {".5", 0.5f},
                                                 {"-2", -2.0f},
                                                 {"1e-3", 1e-3f},
                                                 {"3.14159265358979", 3.14159265f}};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_number(text), value) << text;
  for (const char* text :
       {"", "-", "+1", "1,5", "1.2.3", "nan", "inf", "1e39", "0x1", " 1", "1 "}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

// The short way for short numbers must round as the standard library does.
TEST(ParseNumber, AgreesWithFromChars) {
  RandomStream random(1, "numbers");
  for (int i = 0; i < 20'000; ++i) {
    std::string text = std::to_string(random.below(10'000'000));
    if (random.below(2) == 0) text.insert(1 + random.below(text.size()), ".");
    float expected = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    EXPECT_EQ(parse_number(text), expected) << text;
  }
}

TEST(ParseWhole, ReadsWhatSpreadsheetsWrite) {
  EXPECT_EQ(parse_whole("1995"), 1995);
  EXPECT_EQ(parse_whole("1995.0"), 1995);
  EXPECT_EQ(parse_whole("-3"), -3);
  for (const char* text : {"", "1995.5", "1995.", ".0", "1e3", "x", "99999999999999999999"}) {
    EXPECT_EQ(parse_whole(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace marquee::data
