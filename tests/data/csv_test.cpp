#include "data/csv.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

using Record = std::vector<std::string>;

Columns columns_of(size_t count) {
  Columns columns;
  for (size_t i = 0; i < count; ++i) {
    columns.names.push_back("c" + std::to_string(i));
    columns.of_field.push_back(static_cast<int>(i));
  }
  return columns;
}

std::vector<Record> read(std::string_view text, size_t columns, const Delimiters& delimiters = {}) {
  const Columns names = columns_of(columns);
  Findings findings;
  DelimitedReader reader(text, delimiters, names, findings);
  std::vector<Record> records;
  while (reader.next()) records.emplace_back(reader.fields().begin(), reader.fields().end());
  EXPECT_TRUE(findings.empty()) << findings.first().front().message;
  return records;
}

TEST(Csv, ReadsQuotesAndLineEnds) {
  EXPECT_EQ(read("a,b\r\nc,d", 2), (std::vector<Record>{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("\"a,\"\"x\"\"\n\",\"\"\r\n", 2), (std::vector<Record>{{"a,\"x\"\n", ""}}));
  EXPECT_EQ(read("\"\"\"\",\"\"\"\"\"\"\n", 2), (std::vector<Record>{{"\"", "\"\""}}));
  EXPECT_EQ(read("\n\r\na,\n\n", 2), (std::vector<Record>{{"a", ""}}));
  EXPECT_EQ(read(",", 2), (std::vector<Record>{{"", ""}}));
  EXPECT_EQ(read("a\rb,c\n", 2), (std::vector<Record>{{"a\rb", "c"}}));
}

TEST(Csv, ReadsTheDialectsOfMovieLens) {
  EXPECT_EQ(read("1::Star Wars: IV::a|b\n", 3, {"::", false}),
            (std::vector<Record>{{"1", "Star Wars: IV", "a|b"}}));
  EXPECT_EQ(read("1\t\"x\t\n", 3, {"\t", false}), (std::vector<Record>{{"1", "\"x", ""}}));
}

std::string quoted_if_needed(const std::string& field, RandomStream& random) {
  const bool needed = field.find_first_of(",\"\n\r") != std::string::npos;
  if (!needed && random.below(4) != 0) return field;
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string random_field(RandomStream& random) {
  static const std::vector<std::string> kParts = {"a",    "7", ",", "\"", "\n",
                                                  "\r\n", " ", "é", "字", ""};
  std::string field;
  for (uint64_t left = random.below(6); left > 0; --left)
    field += kParts[random.below(kParts.size())];
  return field;
}

// Written with quotes and read back, whole and cut into pieces of any size.
TEST(Csv, ThousandRandomFilesSurvive) {
  for (uint64_t file = 0; file < 1000; ++file) {
    RandomStream random(7, "csv", file);
    const size_t columns = 2 + random.below(4);
    std::vector<Record> records(random.below(30));
    std::string text;
    for (Record& record : records) {
      const char* end = random.below(2) == 0 ? "\n" : "\r\n";
      for (size_t i = 0; i < columns; ++i) {
        record.push_back(random_field(random));
        text += quoted_if_needed(record.back(), random) + (i + 1 < columns ? "," : end);
      }
    }
    ASSERT_EQ(read(text, columns), records) << text;
    std::vector<Record> joined;
    size_t size = 0;
    for (const std::string_view piece : split_records(text, 1 + random.below(40), true)) {
      const auto part = read(piece, columns);
      joined.insert(joined.end(), part.begin(), part.end());
      size += piece.size();
    }
    ASSERT_EQ(joined, records) << text;
    ASSERT_EQ(size, text.size());
  }
}

}  // namespace
}  // namespace marquee::data
