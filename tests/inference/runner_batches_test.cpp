// Many requests at once: order, equal bytes, threads, memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "core/json.h"
#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/runner.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

class RunnerBatchesTest : public ::testing::Test {
 protected:
  RunnerBatchesTest() {
    tests::write_bundle(tests::random_bundle(500, 8), temp_ / "bundle");
    bundle_ = std::make_unique<Bundle>(temp_ / "bundle");
    runner_ = std::make_unique<Runner>(*bundle_);
  }

  std::string run(const std::string& lines) const {
    std::istringstream in(lines);
    std::ostringstream out;
    runner_->run(in, out);
    return out.str();
  }
  std::vector<Json> answers_to(const std::string& lines) const {
    std::vector<Json> answers;
    for (const auto& line : split(trim(run(lines)), '\n')) answers.push_back(Json::parse(line));
    return answers;
  }

  static std::string random_request(RandomStream& random, int number) {
    std::string history;
    for (uint64_t n = random.below(30); n > 0; --n) {
      history += cat(history.empty() ? "" : ",", "\"t", 1 + random.below(520), "\"");
    }
    return cat(R"({"id":")", number, R"(","history":[)", history, R"(],"k":)", 1 + random.below(20),
               random.below(4) == 0 ? R"(,"filters":{"region":"US"})" : "", "}\n");
  }

  TempFolder temp_;
  std::unique_ptr<Bundle> bundle_;
  std::unique_ptr<Runner> runner_;
};

TEST_F(RunnerBatchesTest, AnswersInTheOrderOfTheLines) {
  RandomStream random(1, "requests");
  std::string lines;
  for (int i = 0; i < 3'000; ++i) {
    lines += random.below(50) == 0 ? "bad line\n" : random_request(random, i);
  }
  const auto expected = split(trim(lines), '\n');
  const auto answers = answers_to(lines);
  ASSERT_EQ(answers.size(), expected.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    if (expected[i] == "bad line") {
      EXPECT_EQ(answers[i]["line"], i + 1);
      continue;
    }
    ASSERT_EQ(answers[i]["id"], std::to_string(i));
    if (i % 37 != 0) continue;
    const Json alone = answers_to(expected[i]).front();  // the same answer, but for rounding
    ASSERT_EQ(answers[i]["items"].size(), alone["items"].size());
    for (size_t place = 0; place < alone["items"].size(); ++place) {
      EXPECT_NEAR(answers[i]["items"][place]["score"].get<double>(),
                  alone["items"][place]["score"].get<double>(), 1e-5);
    }
  }
}

TEST_F(RunnerBatchesTest, AFileGivesTheSameBytesEachTimeAndOnAnyThreads) {
  RandomStream random(2, "requests");
  std::string lines;
  for (int i = 0; i < 1'500; ++i) lines += random_request(random, i);
  const std::string first = run(lines);
  EXPECT_EQ(run(lines), first);
  const int threads = thread_count();
  set_thread_count(1);
  EXPECT_EQ(run(lines), first);
  set_thread_count(threads);
}

TEST_F(RunnerBatchesTest, NeverRecommendsWhatItMustNot) {
  RandomStream random(3, "requests");
  for (int i = 0; i < 200; ++i) {
    const Request request = parse_request(random_request(random, i));
    std::set<std::string> seen;
    for (const auto& item : request.history) seen.insert(item.title_id);
    const Answer answer = runner_->recommend({&request, 1}).front();
    std::set<std::string> found;
    for (const auto& item : answer.items) {
      EXPECT_FALSE(seen.contains(item.title_id));
      EXPECT_TRUE(found.insert(item.title_id).second);
      EXPECT_FALSE(item.reasons.empty());
    }
    EXPECT_EQ(answer.items.size(), static_cast<size_t>(request.k));
    EXPECT_TRUE(std::is_sorted(answer.items.begin(), answer.items.end(),
                               [](auto& a, auto& b) { return a.score > b.score; }));
  }
}

TEST_F(RunnerBatchesTest, AnswersFromSeveralThreads) {
  RandomStream random(4, "requests");
  std::vector<Request> requests;
  for (int i = 0; i < 64; ++i) requests.push_back(parse_request(random_request(random, i)));
  std::vector<std::string> expected;
  for (const auto& answer : runner_->recommend(requests)) expected.push_back(to_json(answer));
  std::vector<std::jthread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        const auto answers = runner_->recommend(requests);
        for (size_t i = 0; i < answers.size(); ++i) wrong += to_json(answers[i]) != expected[i];
        wrong += runner_->similar("t1", 5).size() != 5;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

// Makes lines as they are read.
class EndlessLines : public std::streambuf {
 public:
  EndlessLines(std::string line, int64_t lines) : line_(std::move(line)), left_(lines) {}

 protected:
  int_type underflow() override {
    if (left_-- <= 0) return traits_type::eof();
    setg(line_.data(), line_.data(), line_.data() + line_.size());
    return traits_type::to_int_type(line_[0]);
  }
  std::streamsize showmanyc() override {
    return left_ > 0 ? static_cast<std::streamsize>(line_.size()) : -1;
  }

 private:
  std::string line_;
  int64_t left_;
};

// Keeps nothing; notes how much memory is held when the first part of the answers is written.
class Sink : public std::streambuf {
 public:
  explicit Sink(int64_t warm_lines) : warm_lines_(warm_lines) {}
  static int64_t resident_bytes() {
    int64_t total = 0, resident = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
    return resident * 4096;
  }
  int64_t lines = 0;
  int64_t warm_bytes = 0;

 protected:
  int_type overflow(int_type c) override {
    const char letter = traits_type::to_char_type(c);
    xsputn(&letter, 1);
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    lines += std::count(text, text + size, '\n');
    if (warm_bytes == 0 && lines >= warm_lines_) warm_bytes = resident_bytes();
    return size;
  }

 private:
  int64_t warm_lines_;
};

TEST_F(RunnerBatchesTest, SlowHoldsNoMoreMemoryAfter200000Requests) {
  RandomStream random(5, "requests");
  std::string block;
  for (int i = 0; i < 1'000; ++i) {
    block += i % 100 == 99 ? "a bad line\n" : random_request(random, i);
  }
  EndlessLines source(block, 200);
  Sink sink(20'000);
  std::istream in(&source);
  std::ostream out(&sink);
  const auto counts = runner_->run(in, out);
  EXPECT_EQ(counts.answered, 198'000);
  EXPECT_EQ(counts.failed, 2'000);
  EXPECT_EQ(sink.lines, 200'000);
  EXPECT_LT(Sink::resident_bytes() - sink.warm_bytes, 8 << 20);
}

}  // namespace
}  // namespace marquee::inference
