#include "data/vocabulary.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "core/random.h"

namespace marquee::data {
namespace {

TEST(Vocabulary, NumbersByFirstAppearance) {
  Vocabulary words;
  EXPECT_EQ(words.add("b"), 0u);
  EXPECT_EQ(words.add("a"), 1u);
  EXPECT_EQ(words.add("b"), 0u);
  EXPECT_EQ(words.find("a"), 1u);
  EXPECT_EQ(words.find("c"), std::nullopt);
  EXPECT_EQ(words[1], "a");
  EXPECT_EQ(words.size(), 2u);
}

// Lengths around the limit of what is stored in the table, zero bytes, shared beginnings and ends.
TEST(Vocabulary, DistinguishesNearTwins) {
  Vocabulary words;
  std::vector<std::string> texts{""};
  for (size_t size = 1; size < 40; ++size) {
    for (const char fill : {'\0', '\1', 'x', '\xFF'}) {
      texts.push_back(std::string(size, fill));
      texts.push_back(std::string(size, fill) + "y");
      texts.push_back("y" + std::string(size, fill));
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  for (uint32_t i = 0; i < texts.size(); ++i) ASSERT_EQ(words.add(texts[i]), i);
  for (uint32_t i = 0; i < texts.size(); ++i) ASSERT_EQ(words.find(texts[i]), i);
}

TEST(Vocabulary, AgreesWithTheStandardMap) {
  Vocabulary words;
  std::unordered_map<std::string, uint32_t> known;
  RandomStream random(3, "vocabulary");
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100'000; ++i) {
      const std::string text = std::to_string(random.below(1'000'000'000) % 50'000 * 37) +
                               std::string(random.below(2) * 9, 'z');
      const auto expected = known.emplace(text, known.size()).first->second;
      ASSERT_EQ(words.add(text), expected);
      ASSERT_EQ(words[expected], text);
    }
    words.clear();
    known.clear();
    EXPECT_EQ(words.size(), 0u);
    EXPECT_EQ(words.find("37"), std::nullopt);
  }
}

}  // namespace
}  // namespace marquee::data
