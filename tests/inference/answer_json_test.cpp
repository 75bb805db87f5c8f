#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "core/json.h"
#include "core/random.h"
#include "inference/request.h"

namespace marquee::inference {
namespace {

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
