#include "serving/service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <latch>
#include <vector>

#include "core/text.h"
#include "serving/api/api.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::serving {
namespace {

constexpr int kPairs = 40;

// The model of this bundle gives values that are not finite for a history with title "c".
tests::TinyBundle broken_titles() {
  tests::TinyBundle bundle = tests::six_titles();
  bundle.breaks_at = 6;
  return bundle;
}

HttpRequest page_request(const std::string& title, const char* model) {
  HttpRequest request;
  request.method = "POST";
  request.path = "/v1/page";
  request.query = {{"model", model}};
  request.fields = {{"content-type", "application/json"}};
  request.body = cat("{\"history\":[\"", title, "\"]}");
  request.arrived = std::chrono::steady_clock::now();
  return request;
}

// How many answers the metrics have counted.
int64_t answers_counted(const Service& service, Metrics& metrics) {
  double total = 0;
  for (const auto& line : split(metrics.text(service.gauges()), '\n')) {
    if (line.starts_with("marquee_requests_total{")) {
      total += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    }
  }
  return static_cast<int64_t>(total);
}

class TwoModels : public ::testing::TestWithParam<bool> {};

// A batch holds pages of two models, and one of them throws: the pages of the other get their
// answers, and nothing is answered or counted twice.
TEST_P(TwoModels, EveryRequestIsAnsweredOnceWhenOneOfThemThrows) {
  const bool broken_is_current = GetParam();
  const TempFolder folder;
  tests::write_bundle(tests::six_titles(), folder / "good");
  tests::write_bundle(broken_titles(), folder / "broken");
  ServiceOptions options;
  options.bundle = folder / (broken_is_current ? "broken" : "good");
  options.compared = folder / (broken_is_current ? "good" : "broken");
  options.state = folder / "state";
  options.queue.workers = 1;
  options.queue.degrade_after_ms = 600'000;
  options.queue.deadline_ms = 600'000;
  Service service(options);
  Api api(service, nullptr, nullptr);

  std::vector<std::atomic<int>> answers(2 * kPairs), statuses(2 * kPairs);
  std::latch answered(2 * kPairs);
  for (int i = 0; i < 2 * kPairs; ++i) {
    const bool broken = i % 2 == 1;
    const auto request =
        page_request(broken ? "c" : "a1", broken == broken_is_current ? "current" : "compared");
    api.handle(request, [&, i](const HttpResponse& response) {
      statuses[i] = response.status;
      if (answers[i]++ == 0) answered.count_down();
    });
  }
  answered.wait();
  service.stop();
  for (int i = 0; i < 2 * kPairs; ++i) {
    EXPECT_EQ(answers[i], 1) << i;
    EXPECT_EQ(statuses[i], i % 2 == 1 ? 500 : 200) << i;
  }
  EXPECT_EQ(answers_counted(service, service.metrics()), 2 * kPairs);
}

INSTANTIATE_TEST_SUITE_P(Service, TwoModels, ::testing::Bool());

TEST(HttpReply, SendsTheFirstResponseAlone) {
  std::vector<int> statuses;
  const HttpReply reply([&](const HttpResponse& response) { statuses.push_back(response.status); });
  const HttpReply copy = reply;
  EXPECT_FALSE(reply.answered());
  copy({.status = 200, .body = ""});
  reply({.status = 500, .body = ""});
  EXPECT_TRUE(reply.answered());
  EXPECT_TRUE(copy.answered());
  EXPECT_EQ(statuses, std::vector<int>{200});
}

}  // namespace
}  // namespace marquee::serving
