#include "inference/request.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "core/random.h"

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
  EXPECT_TRUE(error_of("{\"history\":" + deep + "}")
                  .starts_with("history[0]: must be a title id in quotes, or an object"));
  EXPECT_TRUE(error_of("{\"x\":" + deep).starts_with("not JSON"));
}

// Whatever is accepted is JSON to another parser too, and nothing breaks.
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

}  // namespace
}  // namespace marquee::inference
