// What events are worth.
#include "data/events.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "data/event_facts.h"

namespace marquee::data {
namespace {

TEST(EventWeights, WithoutStepsAreTheUsualOnes) {
  const EventWeights weights{.ratings = {0, 5}, .steps = {}};
  EXPECT_FLOAT_EQ(weights.signal(Event::kRating, 4), 0.8F);
  EXPECT_FLOAT_EQ(weights.signal(Event::kPlay, 0.3F), 0.3F);
  EXPECT_FLOAT_EQ(weights.signal(Event::kPlay, kNoValue), 1);
  EXPECT_FLOAT_EQ(weights.signal(Event::kList, kNoValue), 0.5F);
  EXPECT_FLOAT_EQ(weights.signal(Event::kHide, kNoValue), -1);
  EXPECT_TRUE(weights.is_negative(Event::kDislike, kNoValue));
  EXPECT_FALSE(weights.is_negative(Event::kRating, 0));
}

TEST(EventWeights, StepsAreForTheirValuesAndMore) {
  EventWeights weights;
  weights.steps[static_cast<size_t>(Event::kRating)] = {{1, -1}, {3, 0}, {4, 0.75}};
  EXPECT_EQ(weights.signal(Event::kRating, 0.5F), -1);
  EXPECT_EQ(weights.signal(Event::kRating, 2.9F), -1);
  EXPECT_EQ(weights.signal(Event::kRating, 3), 0);
  EXPECT_FALSE(weights.is_negative(Event::kRating, 3));
  EXPECT_EQ(weights.signal(Event::kRating, 5), 0.75F);
  EXPECT_EQ(weights.signal(Event::kRating, kNoValue), 0.75F);
  EXPECT_EQ(weights.signal(Event::kLike, kNoValue), 1);
}

Manifest with_facts(const Json& facts) {
  Manifest manifest;
  manifest.folder = "dataset";
  manifest.facts = facts;
  return manifest;
}

TEST(EventWeights, AreFactsOfAManifest) {
  EventWeights weights{.ratings = {-1, 5}, .steps = {}};
  weights.steps[static_cast<size_t>(Event::kPlay)] = {{0, -0.5}, {0.25, 1}};
  const EventWeights read = event_weights_of(with_facts(facts_of(weights)));
  EXPECT_EQ(read.ratings.low, -1);
  for (const float value : {0.0F, 0.2F, 0.25F, 1.0F}) {
    EXPECT_EQ(read.signal(Event::kPlay, value), weights.signal(Event::kPlay, value));
  }
  EXPECT_EQ(facts_of(EventWeights{}).size(), 2U);  // no steps, no fact
}

TEST(EventWeights, DamagedFactsAreNamed) {
  const auto error = [](const Json& weights) -> std::string {
    try {
      event_weights_of(with_facts({{"min_rating", 0}, {"max_rating", 5}, {"weights", weights}}));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error(Json::object()), "");
  for (const char* wrong :
       {R"([])", R"({"wave": [[0, 1]]})", R"({"play": []})", R"({"play": 1})", R"({"play": [[0]]})",
        R"({"play": [[0, "1"]]})", R"({"play": [[0, 2]]})", R"({"play": [[1, 0], [1, 1]]})"}) {
    EXPECT_NE(error(Json::parse(wrong)).find("the fact weights"), std::string::npos) << wrong;
  }
}

}  // namespace
}  // namespace marquee::data
