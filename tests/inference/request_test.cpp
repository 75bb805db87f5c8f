#include "inference/request.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <span>

#include "core/error.h"
#include "core/json.h"
#include "core/random.h"
#include "core/text.h"

namespace marquee::inference {
namespace {

using data::Event;

std::string error_of(const std::string& json) {
  try {
    parse_request(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput) << json;
    return error.what();
  }
  return "";
}

TEST(ParseRequest, ReadsTheRequestOfTheContract) {
  const Request request = parse_request(
      R"({"id":"r1","history":[{"title_id":"1","timestamp":964982703,"event":"rating","value":4.0}],)"
      R"("k":10,"exclude":["50"],"filters":{"genres":["Comedy"],"max_maturity":"PG-13",)"
      R"("region":"DE"},"at":1700000000,"include_seen":true})");
  EXPECT_EQ(request.id, "r1");
  ASSERT_EQ(request.history.size(), 1U);
  EXPECT_EQ(request.history[0].title_id, "1");
  EXPECT_EQ(request.history[0].timestamp, 964982703);
  EXPECT_EQ(request.history[0].event, Event::kRating);
  EXPECT_EQ(request.history[0].value, 4.0f);
  EXPECT_EQ(request.k, 10);
  EXPECT_EQ(request.exclude, std::vector<std::string>{"50"});
  EXPECT_EQ(request.filters.genres, std::vector<std::string>{"Comedy"});
  EXPECT_EQ(request.filters.max_maturity, "PG-13");
  EXPECT_EQ(request.filters.region, "DE");
  EXPECT_EQ(request.at, 1700000000);
  EXPECT_TRUE(request.include_seen);
}

TEST(ParseRequest, HasTheDefaultsOfTheContract) {
  const Request request = parse_request(R"( {"history" : ["7", {"title_id":"8"}, "7"]} )");
  EXPECT_EQ(request.id, "");
  EXPECT_EQ(request.k, 10);
  EXPECT_FALSE(request.include_seen);
  EXPECT_FALSE(request.at);
  ASSERT_EQ(request.history.size(), 3U);
  for (const HistoryItem& item : request.history) {
    EXPECT_EQ(item.event, Event::kPlay);
    EXPECT_TRUE(std::isnan(item.value));
    EXPECT_FALSE(item.timestamp);
  }
}

TEST(ParseRequest, TakesAValueWithoutAnEventForARating) {
  const auto history = parse_request(R"({"history":[{"value":0.5,"title_id":"1"},)"
                                     R"({"event":"play","title_id":"2","value":0.5}]})")
                           .history;
  EXPECT_EQ(history[0].event, Event::kRating);
  EXPECT_EQ(history[1].event, Event::kPlay);
}

TEST(ParseRequest, AcceptsWhatIsUnusualButRight) {
  for (const char* json : {
           R"({"history":[]})",
           R"({"user_id":"u"})",
           R"({"history":["1","1"],"exclude":["1","1"]})",
           R"({"history":[],"k":1})",
           R"({"history":[],"k":1000})",
           R"({"history":[],"filters":{}})",
           R"({"history":[],"exclude":[]})",
           R"({"history":["é \u00e9 \ud83d\ude00 \" \\ \n"]})",
           R"({"history":[{"title_id":"1","timestamp":0}]})",
           R"({"history":[{"title_id":"1","timestamp":253402300799}]})",
           R"({"history":[{"title_id":"1","event":"rating","value":1e-3}]})",
           R"({"history":[{"title_id":"1","event":"hide","value":-1}]})",
           R"({"history":[{"title_id":"1","event":"play","value":0}]})",
           R"({"history":[{"title_id":"1","event":"complete","value":1}]})",
           "{\"history\":\t[\r\n]\r}\r",
           R"({"h\u0069story":[]})",
       }) {
    EXPECT_EQ(error_of(json), "") << json;
  }
}

struct BadRequest {
  const char* json;
  const char* says;  // how the error begins
};

constexpr BadRequest kNotJson[] = {
    {"", "not JSON"},
    {" ", "not JSON"},
    {"{", "not JSON"},
    {"}", "not JSON"},
    {"{}", "history: is missing"},
    {"[]", "not a JSON object"},
    {"[{\"history\":[]}]", "not a JSON object"},
    {"null", "not a JSON object"},
    {"true", "not a JSON object"},
    {"1", "not a JSON object"},
    {"\"history\"", "not a JSON object"},
    {"history", "not JSON"},
    {"{history:[]}", "not JSON"},
    {"{'history':[]}", "not JSON"},
    {R"({"history":[]}})", "not JSON"},
    {R"({"history":[]} x)", "not JSON"},
    {R"({"history":[]}{"history":[]})", "not JSON"},
    {R"({"history":[]},)", "not JSON"},
    {R"({"history":[],})", "not JSON"},
    {R"({,"history":[]})", "not JSON"},
    {R"({"history":[])", "not JSON"},
    {R"({"history":[)", "not JSON"},
    {R"({"history":)", "not JSON"},
    {R"({"history")", "not JSON"},
    {R"({"history"})", "not JSON"},
    {R"({"history" [])", "not JSON"},
    {R"({"history":[] "k":1})", "not JSON"},
    {R"({"history":["1" "2"]})", "history: not JSON"},
    {R"({"history":["1",]})", "history[1]: not JSON"},
    {R"({"history":[,"1"]})", "history[0]: not JSON"},
    {R"({"history":["1"})", "history: not JSON"},
    {R"({"history":["1}]})", "not JSON"},
    {R"({"history":[{"title_id":"1"]})", "history[0]: not JSON"},
    {R"({"history":[{"title_id":"1"})", "history: not JSON"},
    {R"({"history":["\x"]})", "history[0]: not JSON"},
    {R"({"history":["\u12"]})", "history[0]: not JSON"},
    {R"({"history":["\ud800"]})", "history[0]: not JSON"},
    {R"({"history":[],"include_seen":tru})", "include_seen: not JSON"},
    {R"({"history":[],"include_seen":truest})", "include_seen: not JSON"},
    {R"({"history":[],"include_seen":True})", "include_seen: not JSON"},
    {R"({"history":[],"k":NaN})", "k: not JSON"},
    {R"({"history":[],"k":Infinity})", "k: not JSON"},
    {R"({"history":[],"k":+1})", "k: not JSON"},
    {"{\"history\":[\"\xff\"]}", "not JSON"},
    {"{\"history\":[\"\xc0\x80\"]}", "not JSON"},
    {"{\"history\":[\"\xed\xa0\x80\"]}", "not JSON"},
    {"{\"history\":[\"\xf4\x90\x80\x80\"]}", "not JSON"},
    {"{\"hist\xffory\":[]}", "not JSON"},
    {"{\"history\":[\"a\tb\"]}", "not JSON"},
    {"{\"history\":[\"a\nb\"]}", "not JSON"},
    {"\xEF\xBB\xBF{\"history\":[]}", "not JSON"},
};

constexpr BadRequest kWrongFields[] = {
    {R"({"hystory":[]})", "unknown field \"hystory\"; did you mean \"history\"?"},
    {R"({"History":[]})", "unknown field \"History\"; did you mean \"history\"?"},
    {R"({"history":[],"K":5})", "unknown field \"K\"; did you mean \"k\"?"},
    {R"({"history":[],"limit":5})", "unknown field \"limit\"; known are history, user_id"},
    {R"({"history":[],"":5})", "unknown field \"\""},
    {R"({"history":[],"user":"u"})", "unknown field \"user\""},
    {R"({"history":[],"excludes":[]})", "unknown field \"excludes\"; did you mean \"exclude\"?"},
    {R"({"history":[],"filter":{}})", "unknown field \"filter\"; did you mean \"filters\"?"},
    {R"({"history":[],"includeSeen":true})",
     "unknown field \"includeSeen\"; did you mean \"include_seen\"?"},
    {R"({"history":[],"titles":["1"]})", "unknown field \"titles\""},
    {R"({"history":[],"history\u0000":[]})", "unknown field"},
    {R"({"history":[],"filters":{"genre":["x"]}})",
     "filters: unknown field \"genre\"; did you mean \"genres\"?"},
    {R"({"history":[],"filters":{"maturity":"G"}})", "filters: unknown field \"maturity\""},
    {R"({"history":[],"filters":{"at":1}})", "filters: unknown field \"at\""},
    {R"({"history":[{"title":"1"}]})", "history[0]: unknown field \"title\""},
    {R"({"history":["1",{"title_id":"1","time":1}]})", "history[1]: unknown field \"time\""},
    {R"({"history":[{"title_id":"1","rating":4}]})", "history[0]: unknown field \"rating\""},
    {R"({"history":[],"history":[]})", "field \"history\" is there twice"},
    {R"({"history":[],"k":1,"k":1})", "field \"k\" is there twice"},
    {R"({"history":[],"k":1,"\u006b":2})", "field \"k\" is there twice"},
    {R"({"history":[],"filters":{"region":"DE","region":"FR"}})",
     "filters: field \"region\" is there twice"},
    {R"({"history":[{"title_id":"1","title_id":"2"}]})",
     "history[0]: field \"title_id\" is there twice"},
    {R"({"k":5})", "history: is missing, and so is user_id"},
    {R"({"history":[],"user_id":"u"})", "user_id: give either history or user_id"},
    {R"({"user_id":"u","history":["1"]})", "user_id: give either history or user_id"},
    {R"({"history":[{}]})", "history[0]: title_id is missing"},
    {R"({"history":[{"timestamp":1}]})", "history[0]: title_id is missing"},
};

constexpr BadRequest kWrongTypes[] = {
    {R"({"history":"1"})", "history: must be a list, not a string"},
    {R"({"history":{}})", "history: must be a list, not an object"},
    {R"({"history":null})", "history: must be a list, not null"},
    {R"({"history":1})", "history: must be a list, not a number"},
    {R"({"history":true})", "history: must be a list, not true or false"},
    {R"({"history":[1]})", "history[0]: must be an object, not a number"},
    {R"({"history":["1",null]})", "history[1]: must be an object, not null"},
    {R"({"history":[["1"]]})", "history[0]: must be an object, not a list"},
    {R"({"history":[true]})", "history[0]: must be an object, not true or false"},
    {R"({"history":[{"title_id":1}]})", "history[0].title_id: must be a string, not a number"},
    {R"({"history":[{"title_id":null}]})", "history[0].title_id: must be a string, not null"},
    {R"({"history":[{"title_id":["1"]}]})", "history[0].title_id: must be a string, not a list"},
    {R"({"history":[{"title_id":"1","timestamp":"2020"}]})",
     "history[0].timestamp: must be a number, not a string"},
    {R"({"history":[{"title_id":"1","timestamp":null}]})",
     "history[0].timestamp: must be a number, not null"},
    {R"({"history":[{"title_id":"1","event":1}]})",
     "history[0].event: must be a string, not a number"},
    {R"({"history":[{"title_id":"1","value":"4"}]})",
     "history[0].value: must be a number, not a string"},
    {R"({"history":[{"title_id":"1","value":null}]})",
     "history[0].value: must be a number, not null"},
    {R"({"history":[],"id":1})", "id: must be a string, not a number"},
    {R"({"history":[],"id":null})", "id: must be a string, not null"},
    {R"({"user_id":7})", "user_id: must be a string, not a number"},
    {R"({"user_id":null})", "user_id: must be a string, not null"},
    {R"({"history":[],"k":"10"})", "k: must be a number, not a string"},
    {R"({"history":[],"k":null})", "k: must be a number, not null"},
    {R"({"history":[],"k":[10]})", "k: must be a number, not a list"},
    {R"({"history":[],"k":{}})", "k: must be a number, not an object"},
    {R"({"history":[],"exclude":"1"})", "exclude: must be a list, not a string"},
    {R"({"history":[],"exclude":[1]})", "exclude[0]: must be a string, not a number"},
    {R"({"history":[],"exclude":[{"title_id":"1"}]})",
     "exclude[0]: must be a string, not an object"},
    {R"({"history":[],"filters":[]})", "filters: must be an object, not a list"},
    {R"({"history":[],"filters":null})", "filters: must be an object, not null"},
    {R"({"history":[],"filters":{"genres":"Comedy"}})",
     "filters.genres: must be a list, not a string"},
    {R"({"history":[],"filters":{"genres":["a",1]}})",
     "filters.genres[1]: must be a string, not a number"},
    {R"({"history":[],"filters":{"max_maturity":12}})",
     "filters.max_maturity: must be a string, not a number"},
    {R"({"history":[],"filters":{"region":["DE"]}})",
     "filters.region: must be a string, not a list"},
    {R"({"history":[],"at":"now"})", "at: must be a number, not a string"},
    {R"({"history":[],"include_seen":1})", "include_seen: must be true or false, not a number"},
    {R"({"history":[],"include_seen":"true"})",
     "include_seen: must be true or false, not a string"},
    {R"({"history":[],"include_seen":null})", "include_seen: must be true or false, not null"},
};

constexpr BadRequest kWrongValues[] = {
    {R"({"history":[],"k":0})", "k: must be a whole number from 1 to 1000, not 0"},
    {R"({"history":[],"k":-1})", "k: must be a whole number from 1 to 1000, not -1"},
    {R"({"history":[],"k":1001})", "k: must be a whole number from 1 to 1000, not 1001"},
    {R"({"history":[],"k":2147483648})", "k: must be a whole number from 1 to 1000, not 2147"},
    {R"({"history":[],"k":4294967297})", "k: must be a whole number from 1 to 1000"},
    {R"({"history":[],"k":18446744073709551617})", "k: must be a whole number from 1 to 1000"},
    {R"({"history":[],"k":-9223372036854775809})", "k: must be a whole number from 1 to 1000"},
    {R"({"history":[],"k":99999999999999999999999999})", "k: must be a whole number"},
    {R"({"history":[],"k":10.0})", "k: must be a whole number from 1 to 1000, not 10.0"},
    {R"({"history":[],"k":1.5})", "k: must be a whole number from 1 to 1000, not 1.5"},
    {R"({"history":[],"k":1e2})", "k: must be a whole number from 1 to 1000, not 1e2"},
    {R"({"history":[],"k":1e400})", "k: must be a whole number"},
    {R"({"history":[],"k":01})", "k: must be a whole number"},
    {R"({"history":[],"k":-})", "k: must be a whole number"},
    {R"({"history":[],"k":1x})", "k: must be a whole number"},
    {R"({"history":[],"at":-1})", "at: must be a whole number from 0 to 253402300799, not -1"},
    {R"({"history":[],"at":1700000000000})", "at: must be a whole number from 0 to 253402300799"},
    {R"({"history":[],"at":1700000000.5})", "at: must be a whole number"},
    {R"({"history":[{"title_id":"1","timestamp":-5}]})",
     "history[0].timestamp: must be a whole number from 0"},
    {R"({"history":[{"title_id":"1","timestamp":964982703000}]})",
     "history[0].timestamp: must be a whole number from 0"},
    {R"({"history":[{"title_id":"1","timestamp":1e9}]})",
     "history[0].timestamp: must be a whole number"},
    {R"({"history":[{"title_id":"1","event":"watch"}]})",
     "history[0].event: \"watch\" is none of play, complete"},
    {R"({"history":[{"title_id":"1","event":"Play"}]})", "history[0].event: \"Play\" is none of"},
    {R"({"history":[{"title_id":"1","event":""}]})", "history[0].event: must not be empty"},
    {R"({"history":[{"title_id":"1","event":"rating"}]})",
     "history[0]: event rating needs a value"},
    {R"({"history":[{"title_id":"1","value":0}]})", "history[0].value: a rating must be above 0"},
    {R"({"history":[{"title_id":"1","event":"rating","value":-3}]})",
     "history[0].value: a rating must be above 0, not -3"},
    {R"({"history":[{"title_id":"1","event":"play","value":1.01}]})",
     "history[0].value: the fraction watched must be 0 to 1"},
    {R"({"history":[{"title_id":"1","event":"play","value":-0.1}]})",
     "history[0].value: the fraction watched must be 0 to 1"},
    {R"({"history":[{"title_id":"1","event":"complete","value":80}]})",
     "history[0].value: the fraction watched must be 0 to 1, not 80"},
    {R"({"history":[{"title_id":"1","value":1e39}]})",
     "history[0].value: must be a number that a float holds, not 1e39"},
    {R"({"history":[{"title_id":"1","value":1e999}]})",
     "history[0].value: must be a number that a float holds"},
    {R"({"history":[{"title_id":"1","value":1.}]})", "history[0].value: must be a number"},
    {R"({"history":[""]})", "history[0]: must not be empty"},
    {R"({"history":["1",{"title_id":""}]})", "history[1].title_id: must not be empty"},
    {R"({"history":["a\u0000b"]})", "history[0]: \"a\\x00b\" holds a NUL byte"},
    {R"({"history":[],"exclude":["\u0000"]})", "exclude[0]: \"\\x00\" holds a NUL byte"},
    {R"({"history":[],"exclude":["1",""]})", "exclude[1]: must not be empty"},
    {R"({"history":[],"id":""})", "id: must not be empty"},
    {R"({"history":[],"id":"a\u0000"})", "id: \"a\\x00\" holds a NUL byte"},
    {R"({"user_id":""})", "user_id: must not be empty"},
    {R"({"history":[],"filters":{"genres":[]}})", "filters.genres: must name at least one"},
    {R"({"history":[],"filters":{"genres":[""]}})", "filters.genres[0]: must not be empty"},
    {R"({"history":[],"filters":{"region":""}})", "filters.region: must not be empty"},
    {R"({"history":[],"filters":{"max_maturity":""}})", "filters.max_maturity: must not be empty"},
};

class Refuses : public ::testing::TestWithParam<std::span<const BadRequest>> {};

TEST_P(Refuses, AndNamesTheField) {
  for (const auto& [json, says] : GetParam()) {
    const std::string error = error_of(json);
    EXPECT_TRUE(error.starts_with(says)) << json << "\n  says: " << error << "\n  not:  " << says;
    EXPECT_TRUE(valid_utf8(error)) << json;
  }
}

INSTANTIATE_TEST_SUITE_P(Requests, Refuses,
                         ::testing::Values(std::span(kNotJson), std::span(kWrongFields),
                                           std::span(kWrongTypes), std::span(kWrongValues)));

TEST(ParseRequest, RefusesANulByteInTheText) {
  EXPECT_TRUE(error_of(std::string("{\"history\":[\"a\0b\"]}", 19)).starts_with("not JSON"));
  EXPECT_TRUE(error_of(std::string("{\"history\":[]}\0", 15)).starts_with("not JSON"));
}

std::string list_of(size_t entries, const std::string& entry) {
  std::string list = "[";
  for (size_t i = 0; i < entries; ++i) list += (i == 0 ? "" : ",") + entry;
  return list + "]";
}

TEST(ParseRequest, NamesTheLimitThatIsExceeded) {
  EXPECT_EQ(error_of("{\"history\":" + list_of(10'000, "\"1\"") + "}"), "");
  EXPECT_EQ(error_of("{\"history\":" + list_of(10'001, "\"1\"") + "}"),
            "history: more than 10000 entries");
  EXPECT_EQ(error_of("{\"history\":[],\"exclude\":" + list_of(10'001, "\"1\"") + "}"),
            "exclude: more than 10000 entries");
  EXPECT_EQ(error_of("{\"history\":[],\"filters\":{\"genres\":" + list_of(101, "\"1\"") + "}}"),
            "filters.genres: more than 100 entries");
  const std::string long_id(257, 'x');
  EXPECT_EQ(error_of("{\"history\":[\"" + long_id.substr(1) + "\"]}"), "");
  EXPECT_TRUE(
      error_of("{\"history\":[\"" + long_id + "\"]}").ends_with("has 257 bytes, more than 256"));
  EXPECT_TRUE(error_of("{\"history\":[],\"id\":\"" + long_id + "\"}").starts_with("id: "));
}

TEST(ParseRequest, IsNotMovedByDepth) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(error_of(deep), "not a JSON object");
  EXPECT_TRUE(error_of("{\"history\":" + deep + "}").starts_with("history[0]: must be an object"));
  EXPECT_TRUE(error_of("{\"x\":" + deep).starts_with("not JSON"));
}

// Whatever is accepted is JSON by another parser's judgement, and nothing breaks on the way.
TEST(ParseRequest, AcceptsOnlyJsonUnderMutation) {
  const std::string seeds[] = {
      R"({"id":"r1","history":[{"title_id":"1","timestamp":964982703,"event":"rating","value":4.0}],"k":10,"exclude":["50"],"filters":{"genres":["Comedy"],"max_maturity":"PG-13","region":"DE"},"at":1700000000})",
      R"({"history":["1","\u00e9\n",{"title_id":"x","event":"like"}],"include_seen":false})",
      R"({"user_id":"u","k":3})"};
  static constexpr char kAlphabet[] = "{}[]\",:\\ue0159-+.tfn \xff\x80\xc3\n\0ahistory";
  RandomStream random(7, "requests");
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = seeds[random.below(3)];
    for (uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
      const auto at = static_cast<size_t>(random.below(text.size()));
      const char letter = kAlphabet[random.below(sizeof kAlphabet - 1)];
      switch (random.below(4)) {
        case 0:
          text[at] = letter;
          break;
        case 1:
          text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), letter);
          break;
        case 2:
          text.erase(at, 1 + random.below(4));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(20)));
      }
      if (text.empty()) text = "{";
    }
    if (!error_of(text).empty()) continue;
    ++accepted;
    ASSERT_TRUE(Json::accept(text)) << text;
  }
  EXPECT_GT(accepted, 1000);
}

TEST(ParsePredictRequest, ReadsAndRefuses) {
  const auto request = parse_predict_request(R"({"id":"p","history":["1"],"titles":["2","3"]})");
  EXPECT_EQ(request.id, "p");
  EXPECT_EQ(request.titles, (std::vector<std::string>{"2", "3"}));
  const auto says = [](const char* json) -> std::string {
    try {
      parse_predict_request(json);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(says(R"({"history":["1"]})"), "titles: must name at least one title to rate");
  EXPECT_EQ(says(R"({"history":["1"],"titles":[]})"),
            "titles: must name at least one title to rate");
  EXPECT_EQ(says(R"({"history":["1"],"titles":[2]})"), "titles[0]: must be a string, not a number");
  EXPECT_EQ(says(R"({"history":["1"],"titles":"2"})"), "titles: must be a list, not a string");
  EXPECT_TRUE(std::string(says(R"({"history":["1"],"titles":["2"],"k":3})"))
                  .starts_with("unknown field \"k\""));
  EXPECT_TRUE(std::string(says(R"({"titles":["2"]})")).starts_with("history: is missing"));
}

TEST(RequestId, IsReadFromWhatIsReadable) {
  EXPECT_EQ(request_id(R"({"id":"r7","k":0,"history":[]})"), "r7");
  EXPECT_EQ(request_id(R"({"k":{"id":"no"},"id":"r7","nonsense":[)"
                       "}"),
            "r7");
  EXPECT_EQ(request_id(R"({"id":7})"), "");
  EXPECT_EQ(request_id(R"({"k":1})"), "");
  EXPECT_EQ(request_id("nonsense"), "");
  EXPECT_EQ(request_id(""), "");
}

TEST(ToJson, EscapesAndRoundTrips) {
  const Answer answer{
      "r\"1", "tiny@12345678", {{"a\\b", "T\xc3\xa9\n\x01/", 0.1f, {"x", "y\t"}}}, {"u\"1"}};
  const std::string line = to_json(answer);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Json json = Json::parse(line);
  EXPECT_EQ(json["id"], "r\"1");
  EXPECT_EQ(json["model"], "tiny@12345678");
  EXPECT_EQ(json["items"][0]["title_id"], "a\\b");
  EXPECT_EQ(json["items"][0]["name"], "T\xc3\xa9\n\x01/");
  EXPECT_EQ(json["items"][0]["reasons"], Json({"x", "y\t"}));
  EXPECT_EQ(json["unknown_titles"], Json({"u\"1"}));
}

TEST(ToJson, SaysNullAndNothingWhereThereIsNothing) {
  EXPECT_EQ(to_json(Answer{"", "m", {}, {}}), R"({"id":null,"model":"m","items":[]})");
  EXPECT_EQ(to_json(PredictAnswer{"", {{"1", 4.5f}}, {}}),
            R"({"id":null,"ratings":[{"title_id":"1","rating":4.5}]})");
  EXPECT_EQ(error_json("r", 7, "no\n\"k\""), R"({"id":"r","line":7,"error":"no\n\"k\""})");
  EXPECT_EQ(error_json("", 1, "x"), R"({"id":null,"line":1,"error":"x"})");
}

TEST(ToJson, GivesEveryFloatBack) {
  RandomStream random(3, "floats");
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = static_cast<uint32_t>(random.next());
    float score = 0;
    std::memcpy(&score, &bits, sizeof score);
    if (!std::isfinite(score)) continue;
    const Json json = Json::parse(to_json(Answer{"", "m", {{"1", "", score, {}}}, {}}));
    ASSERT_EQ(json["items"][0]["score"].get<float>(), score);
  }
}

}  // namespace
}  // namespace marquee::inference
