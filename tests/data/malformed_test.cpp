// The exact error messages for wrong input, since users act on them.
#include <gtest/gtest.h>

#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

struct Case {
  std::string name;
  std::string text;
  std::string error;  // its last line, "1 problem; nothing was written", aside
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }

constexpr const char* kHeader = "user_id,title_id,timestamp,event,value\n";
const std::string kOneProblem = "\n1 problem; nothing was written";

class Interactions : public testing::TestWithParam<Case> {};

TEST_P(Interactions, AreRefusedWithTheReason) {
  const TempFolder folder;
  const IngestOptions options = options_for(folder, GetParam().text);
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }), GetParam().error + kOneProblem);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"plays.csv"});
}

std::string rows(const std::string& text) { return kHeader + text; }

INSTANTIATE_TEST_SUITE_P(
    Fields, Interactions,
    testing::Values(
        Case{
            "TextForTime", rows("u,t,yesterday,,\n"),
            "plays.csv:2: timestamp \"yesterday\": not a time; give Unix seconds or ISO 8601, such "
            "as 964982703 or 2000-07-30T18:45:03Z"},
        Case{"NoTime", rows("u,t,,,\n"),
             "plays.csv:2: timestamp \"\": not a time; give Unix seconds or ISO 8601, such as "
             "964982703 or 2000-07-30T18:45:03Z"},
        Case{"Milliseconds", rows("u,t,1,,\nu,t,1147880044000,,\n"),
             "plays.csv:3: timestamp \"1147880044000\": beyond the year 9999, so probably "
             "milliseconds or finer; give Unix seconds"},
        Case{"NoSuchDay", rows("u,t,2021-02-29,,\n"),
             "plays.csv:2: timestamp \"2021-02-29\": not a time; give Unix seconds or ISO 8601, "
             "such "
             "as 964982703 or 2000-07-30T18:45:03Z"},
        Case{"EmptyUser", rows(",t,1,,\n"),
             "plays.csv:2: user_id \"\": empty; every record needs a user"},
        Case{"EmptyTitle", rows("u,\"\",1,,\n"),
             "plays.csv:2: title_id \"\": empty; every record needs a title"},
        Case{"UnknownEvent", rows("u,t,1,viewed,\n"),
             "plays.csv:2: event \"viewed\": unknown event; it must be play, complete, rating, "
             "like, "
             "dislike, list or hide, or a mapping must say what it means"},
        Case{"RatingWithoutValue", rows("u,t,1,rating,\n"),
             "plays.csv:2: value \"\": empty; a rating needs a value"},
        Case{"TextForValue", rows("u,t,1,,good\n"),
             "plays.csv:2: value \"good\": not a finite number; give one, such as 3.5"},
        Case{"Infinity", rows("u,t,1,,inf\n"),
             "plays.csv:2: value \"inf\": not a finite number; give one, such as 3.5"},
        Case{"NotANumber", rows("u,t,1,,nan\n"),
             "plays.csv:2: value \"nan\": not a finite number; give one, such as 3.5"},
        Case{"BeyondFloat", rows("u,t,1,,1e39\n"),
             "plays.csv:2: value \"1e39\": not a finite number; give one, such as 3.5"},
        Case{"HugeRating", rows("u,t,1,,1e30\n"),
             "plays.csv:2: value \"1e30\": a rating must be from -1000000 to 1000000"},
        Case{"LongUser", rows(std::string(257, 'u') + ",t,1,,\n"),
             "plays.csv:2: user_id \"" + std::string(60, 'u') +
                 "...\": longer than 256 bytes; shorten it"},
        Case{"LongTitle", rows("u," + std::string(257, '7') + ",1,,\n"),
             "plays.csv:2: title_id \"" + std::string(60, '7') +
                 "...\": longer than 256 bytes; shorten it"},
        Case{"WatchedTwice", rows("u,t,1,play,2\n"),
             "plays.csv:2: value \"2\": the fraction watched must be from 0 to 1"},
        Case{"ZeroPropensity", "user_id,title_id,timestamp,propensity\nu,t,1,0\n",
             "plays.csv:2: propensity \"0\": a propensity must be above 0 and at most 1"},
        Case{"HalfPosition", "user_id,title_id,timestamp,position\nu,t,1,1.5\n",
             "plays.csv:2: position \"1.5\": a position must be a whole number, 0 or more"},
        Case{"Nul", rows(std::string("u,t\0x,1,,\n", 10)),
             "plays.csv:2: title_id \"t\\x00x\": holds a NUL byte; remove it"},
        Case{"InvalidUtf8", rows("u,caf\xE9,1,,\n"),
             "plays.csv:2: title_id \"caf\\xe9\": not UTF-8; save the file as UTF-8"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Records, Interactions,
    testing::Values(
        Case{"TooFewFields", rows("u,t,1\n"),
             "plays.csv:2: 3 fields where 5 are expected; quote fields that hold the separator"},
        Case{"TooManyFields", rows("u,t,1,,,x\n"),
             "plays.csv:2: 6 fields where 5 are expected; quote fields that hold the separator"},
        Case{"UnterminatedQuote", rows("u,t,1,,\nu,\"t,1,,\nu,t,2,,\n"),
             "plays.csv:3: title_id: the quote opened here is never closed; close it"},
        Case{"QuoteThatSwallows", rows("u,\"t,1,,\n" + std::string(70'000, 'x') + "\"\n"),
             "plays.csv:2: title_id: the quote opened here is not closed within 65,536 bytes, the "
             "limit of a field; close it"},
        Case{
            "StrayQuote", rows("u,5\" disk,1,,\n"),
            "plays.csv:2: title_id: a quote inside a field that does not begin with one; quote the "
            "whole field and double the quotes in it"},
        Case{"TextAfterQuote", rows("u,\"a\"b,1,,\n"),
             "plays.csv:2: title_id: text after the closing quote; double the quotes inside a "
             "quoted field"},
        Case{"LineOfARecordAfterQuotedLines", rows("\"u\n\n\",t,1,,\nu,t,x,,\n"),
             "plays.csv:5: timestamp \"x\": not a time; give Unix seconds or ISO 8601, such as "
             "964982703 or 2000-07-30T18:45:03Z"},
        Case{"LongField", rows("u," + std::string(1'000'000, 't') + ",1,,\n"),
             "plays.csv:2: title_id \"" + std::string(60, 't') +
                 "...\": 1,000,000 bytes, above the limit of 65,536 for a field; shorten it"},
        Case{"HeaderOnly", kHeader, "plays.csv: no interactions in it"},
        Case{"Empty", "", "plays.csv: the file is empty; it needs a header and records"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Headers, Interactions,
    testing::Values(
        Case{"Semicolons", "user_id;title_id;timestamp\nu;t;1\n",
             "plays.csv:1: the header \"user_id;title_id;timestamp\" is one column; columns are "
             "separated by commas, not by ';'"},
        Case{
            "Tabs", "user_id\ttitle_id\ttimestamp\nu\tt\t1\n",
            "plays.csv:1: the header \"user_id\\x09title_id\\x09timestamp\" is one column; columns "
            "are separated by commas, not by a tab"},
        Case{"NearName", "userId,title_id,timestamp\nu,t,1\n",
             "plays.csv:1: there is no column \"user_id\"; rename \"userId\" if it is meant"},
        Case{"NoName", "user_id,title_id,x\nu,t,1\n",
             "plays.csv:1: there is no column \"timestamp\"; the header is \"user_id,title_id,x\""},
        Case{"TwiceTheSame", "user_id,title_id,timestamp,user_id\nu,t,1,u\n",
             "plays.csv:1: column \"user_id\" is there twice; keep one"},
        Case{"OldMac", "user_id\rtitle_id\ru\r",
             "plays.csv:1: lines end with a carriage return alone; save the file with LF or CRLF"},
        Case{"QuotedSemicolons", "\"user_id\";\"title_id\";\"timestamp\"\n\"u\";\"t\";\"1\"\n",
             "plays.csv:1: the header \"\"user_id\";\"title_id\";\"timestamp\"\" is one column; "
             "columns are separated by commas, not by ';'"},
        Case{"QuotedTabs", "\"user_id\"\t\"title_id\"\t\"timestamp\"\n",
             "plays.csv:1: the header \"\"user_id\"\\x09\"title_id\"\\x09\"timestamp\"\" is one "
             "column; columns are separated by commas, not by a tab"},
        Case{"JsonArray", "[{\"user_id\": 1},\n {\"user_id\": 2}]",
             "plays.csv: the file is a JSON array; write one object a line, as `jq -c '.[]'` does"},
        Case{"JsonNan", "{\"user_id\":\"u\",\"title_id\":\"t\",\"timestamp\":1,\"value\":NaN}\n",
             "plays.csv:1: NaN is no JSON number; leave the field out, or write null"},
        Case{"JsonPython",
             "{\"user_id\":\"u\",\"title_id\":\"t\",\"timestamp\":1,\"value\":None}\n",
             "plays.csv:1: None is Python, not JSON; write true, false or null"},
        Case{"Utf16", "\xFF\xFEu", "plays.csv: the file is UTF-16; save it as UTF-8"},
        Case{"Utf16WithoutMark", std::string("u\0s\0e\0r\0,\0t\0\n\0", 14),
             "plays.csv: the file is UTF-16; save it as UTF-8"},
        Case{"Utf16BigEndian", std::string("\0u\0s\0e\0r\0,\0t\0\n", 14),
             "plays.csv: the file is UTF-16; save it as UTF-8"},
        Case{"Excel", "PK\x03\x04...",
             "plays.csv: the file is a ZIP archive or an Excel workbook; unpack it, or save the "
             "sheet as CSV"},
        Case{"Html", "<!DOCTYPE html><html>",
             "plays.csv: the file is an HTML page; download the data itself"},
        Case{"Sqlite", "SQLite format 3\x10",
             "plays.csv: the file is an SQLite database; write the table to a CSV file"},
        Case{"Gzip", "\x1F\x8B\x08",
             "plays.csv: the compressed data end in the middle; the file is not complete"},
        Case{"Xz", "\xFD\x37zXZ", "plays.csv: the file is compressed; unpack it first"},
        Case{"EncryptedParquet", "PARE....",
             "plays.csv: the file is encrypted Parquet; write it without encryption"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    JsonLines, Interactions,
    testing::Values(
        Case{"Truncated",
             "{\"user_id\":\"u\",\"title_id\":\"t\",\"timestamp\":1}\n{\"user_id\":\"u\"",
             "plays.csv:2: not valid JSON; check its quotes, commas and braces"},
        Case{"Array", "{\"user_id\":\"u\",\"title_id\":\"t\",\"timestamp\":1}\n[1]\n",
             "plays.csv:2: not a JSON object; write {...} a line"},
        Case{"TwoObjects", "{\"user_id\":\"u\",\"title_id\":\"t\",\"timestamp\":1} {}\n",
             "plays.csv:1: not valid JSON: text after the object; write one object a line"},
        Case{"TwiceTheSame",
             "{\"user_id\":\"u\",\"title_id\":\"t\",\"timestamp\":1}\n"
             "{\"user_id\":\"u\",\"user_id\":\"v\",\"title_id\":\"t\",\"timestamp\":1}\n",
             "plays.csv:2: user_id: given twice; give it once"},
        Case{"ObjectForId", "{\"user_id\":{},\"title_id\":\"t\",\"timestamp\":1}\n",
             "plays.csv:1: user_id: neither a string nor a number; give one of these"},
        Case{"MissingTitle", "{\"user_id\":\"u\",\"timestamp\":1}\n",
             "plays.csv:1: title_id \"\": empty; every record needs a title"},
        Case{"NulInId", "{\"user_id\":\"a\\u0000b\",\"title_id\":\"t\",\"timestamp\":1}\n",
             "plays.csv:1: user_id \"a\\x00b\": holds a NUL character; remove it"},
        Case{"BadEscape", "{\"user_id\":\"\\q\",\"title_id\":\"t\",\"timestamp\":1}\n",
             "plays.csv:1: user_id: not a valid JSON string; check its escapes"}),
    case_name);

class Titles : public testing::TestWithParam<Case> {};

TEST_P(Titles, AreRefusedWithTheReason) {
  const TempFolder folder;
  const IngestOptions options = options_for(folder, rows("u,t,1,,\n"), GetParam().text);
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }), GetParam().error + kOneProblem);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, Titles,
    testing::Values(
        Case{"IdTwice", "title_id,name\n1,A\n2,B\n1,C\n",
             "titles.csv:4: title_id \"1\": this title is there already; keep one"},
        Case{"EmptyId", "title_id,name\n,A\n",
             "titles.csv:2: title_id \"\": empty; every title needs an id"},
        Case{"TextForYear", "title_id,name,year\n1,A,MCMXCV\n",
             "titles.csv:2: year \"MCMXCV\": must be a whole number from 1800 to 2200"},
        Case{"YearOutOfRange", "title_id,name,year\n1,A,95\n",
             "titles.csv:2: year \"95\": must be a whole number from 1800 to 2200"},
        Case{"NegativeRuntime", "title_id,name,runtime_minutes\n1,A,-5\n",
             "titles.csv:2: runtime_minutes \"-5\": must be a whole number from 0 to 60000"},
        Case{"GoneBeforeItCame", "title_id,name,available_from,available_until\n1,A,20,10\n",
             "titles.csv:2: available_until \"10\": before available_from; swap them"},
        Case{"NoName", "title_id,title\n1,A\n",
             "titles.csv:1: there is no column \"name\"; the header is \"title_id,title\""}),
    case_name);

TEST(Users, AreRefusedWithTheReason) {
  const TempFolder folder;
  const auto options = options_for(folder, rows("u,t,1,,\n"), "", "user_id,age\nu,1\nu,2\n");
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }),
            "users.csv:3: user_id \"u\": this user is there already; keep one" + kOneProblem);
}

TEST(Problems, OfAllFilesAreReportedAtOnceUpToTwenty) {
  const TempFolder folder;
  std::string text = kHeader;
  for (int i = 0; i < 30; ++i) text += "u,t,soon,,\n";
  const auto options = options_for(folder, text, "title_id,name,year\n1,A,x\n");
  const std::string error = error_of(folder, [&] { ingest(options); });
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 21);
  EXPECT_TRUE(error.starts_with("titles.csv:2: year \"x\"")) << error;
  EXPECT_TRUE(error.ends_with("... and 11 more\n31 problems; nothing was written")) << error;
}

TEST(Problems, OfOneRecordAreReportedTogether) {
  const TempFolder folder;
  const auto options = options_for(folder, rows(",t,x,y,\n"));
  const std::string error = error_of(folder, [&] { ingest(options); });
  EXPECT_TRUE(error.ends_with("3 problems; nothing was written")) << error;
}

TEST(Inputs, ThatAreNoFilesAreRefused) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, rows("u,t,1,,\n"));
  options.titles = {folder / "none.csv"};
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }), "there is no none.csv");
  std::filesystem::create_directory(folder / "empty");
  options.titles = {folder / "empty"};
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }), "empty is a folder without files");
}

TEST(Inputs, SplitGivenNeedsItsColumn) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, rows("u,t,1,,\n"));
  options.split.split = Split::kGiven;
  EXPECT_EQ(
      error_of(folder, [&] { ingest(options); }),
      "plays.csv: --split given needs a column \"split\" of train, valid and test" + kOneProblem);
  options = options_for(folder, "user_id,title_id,timestamp,split\nu,t,1,dev\n");
  options.split.split = Split::kGiven;
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }),
            "plays.csv:2: split \"dev\": unknown part; it must be train, valid, test or empty" +
                kOneProblem);
}

// Files of MovieLens that are given one by one: the folder is what --movielens takes.
TEST(MovieLensFiles, AreRecognised) {
  for (const char* text : {"196\t242\t3\t881250949\n", "1::1193::5::978300760\n",
                           "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n",
                           "1|Toy Story (1995)|01-Jan-1995||http://x|0|0\n"}) {
    const TempFolder folder;
    const std::string error = error_of(folder, [&] { ingest(options_for(folder, text)); });
    EXPECT_NE(error.find("plays.csv:1: the file looks like one of MovieLens; give its folder: "
                         "--movielens "),
              std::string::npos)
        << error;
    EXPECT_NE(error.find("1 problem;"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace marquee::data
