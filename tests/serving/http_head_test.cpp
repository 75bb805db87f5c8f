#include <gtest/gtest.h>

#include <string>

#include "serving/http/head.h"

namespace marquee::serving {
namespace {

int refused(const std::string& bytes) {
  try {
    head_end(bytes);
    return 0;
  } catch (const BadRequest& bad) {
    return bad.status;
  }
}

TEST(HttpHead, EndsBehindTheEmptyLine) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n";
  EXPECT_EQ(head_end(head), head.size());
  EXPECT_EQ(head_end(head + "GET"), head.size());
  for (size_t cut = 0; cut < head.size(); ++cut) {
    EXPECT_EQ(head_end(head.substr(0, cut)), std::nullopt) << cut;
  }
}

TEST(HttpHead, RefusesWhatParsersReadDifferently) {
  const std::string line = "GET / HTTP/1.1\r\n";
  for (const char* bad : {"\r\n", "\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\n\n"}) {
    EXPECT_EQ(refused(bad), 400) << bad;
  }
  for (const char* field :
       {"Host: a\n", "Host : a\r\n", " Host: a\r\n", "\tHost: a\r\n", "Host: a\r\n b\r\n",
        "Host\r\n", ": a\r\n", "Ho st: a\r\n", "Host: \x01\r\n", "Host: a\rb\r\n", "A: \x7f\r\n"}) {
    EXPECT_EQ(refused(line + field + "\r\n"), 400) << field;
  }
  EXPECT_EQ(refused(line + std::string("A: \0\r\n\r\n", 9)), 400);
}

TEST(HttpHead, KeepsToItsLimits) {
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(refused("GET /" + std::string(kMaxRequestLineBytes, 'a')), 414);
  EXPECT_EQ(refused(line + "A: " + std::string(kMaxHeadBytes, 'a')), 431);
  std::string fields;
  for (int i = 0; i < kMaxFields; ++i) fields += "A: b\r\n";
  EXPECT_EQ(refused(line + fields + "\r\n"), 0);
  EXPECT_EQ(refused(line + fields + "A: b\r\n\r\n"), 431);
}

TEST(PercentDecoding, GivesTextOrAnError) {
  EXPECT_EQ(percent_decoded("a%20b+c%C3%A9", true), "a b c\xC3\xA9");
  EXPECT_EQ(percent_decoded("a+b", false), "a+b");
  for (const char* bad : {"%", "%1", "%zz", "%00", "%ff", "a%2"}) {
    EXPECT_THROW(percent_decoded(bad, false), std::runtime_error) << bad;
  }
}

}  // namespace
}  // namespace marquee::serving
