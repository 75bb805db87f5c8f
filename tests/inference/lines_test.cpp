#include "inference/lines.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/random.h"

namespace marquee::inference {
namespace {

constexpr LineLimits kLimits = {.line_bytes = 20, .batch_lines = 3, .batch_bytes = 40};

struct Read {
  std::vector<InputLine> lines;
  std::vector<size_t> batches;
};

Read read_all(std::istream& in, const LineLimits& limits = kLimits) {
  LineReader reader(in, limits);
  Read read;
  for (std::vector<InputLine> batch; reader.next(batch);) {
    read.batches.push_back(batch.size());
    for (auto& line : batch) read.lines.push_back(std::move(line));
  }
  return read;
}

TEST(LineReader, NumbersLinesAndSkipsBlankOnes) {
  std::istringstream in(
      "\xEF\xBB\xBF"
      "a\n\n  \r\nb\r\nc");
  const Read read = read_all(in);
  ASSERT_EQ(read.lines.size(), 3U);
  EXPECT_EQ(read.lines[0].text, "a");
  EXPECT_EQ(read.lines[1].text, "b\r");
  EXPECT_EQ(read.lines[1].number, 4);
  EXPECT_EQ(read.lines[2].text, "c");
  EXPECT_EQ(read.lines[2].number, 5);
}

TEST(LineReader, EndsBatchesByLinesAndBytes) {
  std::istringstream in("1\n2\n3\n4\naaaaaaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbbbbbb\n7\n");
  EXPECT_EQ(read_all(in).batches, (std::vector<size_t>{3, 3, 1}));
  std::istringstream large("aaaaaaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbbbbbb\n7\n");
  EXPECT_EQ(read_all(large).batches, (std::vector<size_t>{2, 1}));
}

TEST(LineReader, SkipsALongLineToItsEnd) {
  std::istringstream in("a\n" + std::string(500'000, 'x') + "\nb\n" + std::string(21, 'y'));
  const Read read = read_all(in);
  ASSERT_EQ(read.lines.size(), 4U);
  EXPECT_TRUE(read.lines[1].too_long);
  EXPECT_EQ(read.lines[1].text, "");
  EXPECT_EQ(read.lines[1].number, 2);
  EXPECT_EQ(read.lines[2].text, "b");
  EXPECT_FALSE(read.lines[2].too_long);
  EXPECT_TRUE(read.lines[3].too_long);
}

TEST(LineReader, AnEmptyStreamHasNoLines) {
  for (const char* text : {"", "\n", "\n\n \n"}) {
    std::istringstream in(text);
    EXPECT_TRUE(read_all(in).lines.empty());
  }
}

// A pipe whose writer has written some lines and waits for their answers.
class Pipe : public std::streambuf {
 public:
  void write(const std::string& text) { waiting_ += text; }
  int waits = 0;  // reads that a writer would have had to satisfy

 protected:
  std::streamsize showmanyc() override { return static_cast<std::streamsize>(waiting_.size()); }
  int_type underflow() override {
    if (waiting_.empty()) {
      ++waits;
      return traits_type::eof();
    }
    current_ = std::exchange(waiting_, "");
    setg(current_.data(), current_.data(), current_.data() + current_.size());
    return traits_type::to_int_type(current_[0]);
  }

 private:
  std::string waiting_;
  std::string current_;
};

TEST(LineReader, DoesNotWaitForMoreThanIsAtHand) {
  Pipe pipe;
  std::istream in(&pipe);
  LineReader reader(in, {.line_bytes = 100, .batch_lines = 100, .batch_bytes = 1000});
  std::vector<InputLine> batch;
  pipe.write("one\ntwo\nthr");  // the writer sends the rest when it has been answered
  ASSERT_TRUE(reader.next(batch));
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_EQ(pipe.waits, 0);
  pipe.write("ee\n");
  ASSERT_TRUE(reader.next(batch));
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch[0].text, "three");
  EXPECT_EQ(pipe.waits, 0);
  EXPECT_FALSE(reader.next(batch));
}

TEST(LineReader, ReadsAnyText) {
  RandomStream random(5, "lines");
  for (int i = 0; i < 300; ++i) {
    std::string text;
    std::vector<std::string> expected;
    for (uint64_t lines = random.below(40); lines > 0; --lines) {
      const std::string line(1 + random.below(90'000), static_cast<char>('a' + random.below(26)));
      text += line + "\n";
      expected.push_back(line);
    }
    std::istringstream in(text);
    const Read read =
        read_all(in, {.line_bytes = 100'000, .batch_lines = 7, .batch_bytes = 1'000'000});
    ASSERT_EQ(read.lines.size(), expected.size());
    for (size_t j = 0; j < expected.size(); ++j) ASSERT_EQ(read.lines[j].text, expected[j]);
  }
}

}  // namespace
}  // namespace marquee::inference
