#include "data/feedback.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/feedback_lines.h"
#include "tests/core/temp_folder.h"

namespace marquee::data {
namespace {

constexpr int64_t kDay = 86'400'000;

std::string shown(const std::string& request, const std::string& user, int64_t ms,
                  const std::string& rows) {
  return checked_line(cat(R"({"kind":"shown","at":)", ms, R"(,"request_id":")", request,
                          R"(","user":")", user, R"(","bundle":"b","policy":"p","rows":[)", rows,
                          "]}"));
}

std::string event(const std::string& id, const std::string& user, const std::string& title,
                  int64_t ms, const std::string& more = "") {
  return checked_line(cat(R"({"kind":"event","at":)", ms, R"(,"event_id":")", id, R"(","user":")",
                          user, R"(","title_id":")", title, R"(","event":"play")", more, "}"));
}

constexpr const char* kTwoRows =
    R"({"row":"top","row_propensity":0.5,"offered":3,"titles":["a","b"],"propensity":[1,0.25]},)"
    R"({"row":"new","titles":["c"],"propensity":1})";

class Feedback : public ::testing::Test {
 protected:
  JoinedFeedback joined(const std::string& text) {
    write_file(folder_ / "0000000001.feedback", text);
    return join_feedback({folder_ / "", 24}, folder_ / "");
  }
  std::vector<std::string> lines(const char* file) const {
    auto all = split(read_file(folder_ / file), '\n');
    all.pop_back();
    return all;
  }
  const TempFolder folder_;
};

TEST_F(Feedback, JoinsByRequestAndElseByTheNewestPageThatShowedTheTitle) {
  const auto result =
      joined(shown("r1", "ann", 1'000, kTwoRows) + shown("r2", "ann", 2'000, kTwoRows) +
             event("e1", "ann", "b", 3'000, R"(,"request_id":"r1","timestamp":3,"value":0.5)") +
             event("e2", "ann", "c", 4'000) + event("e3", "bob", "c", 4'000));
  EXPECT_EQ(result.counts.pages, 2);
  EXPECT_EQ(result.counts.rows, 4);
  EXPECT_EQ(result.counts.joined_by_request, 1);
  EXPECT_EQ(result.counts.joined_by_title, 1);
  EXPECT_EQ(result.counts.without_page, 1);
  const auto interactions = lines("feedback.csv");
  ASSERT_EQ(interactions.size(), 4U);
  EXPECT_EQ(interactions[1], "ann,b,3,play,0.5,0.125,1");  // 0.5 for the row, 0.25 for the title
  EXPECT_EQ(interactions[2], "ann,c,4,play,,1,0");
  EXPECT_EQ(interactions[3], "bob,c,4,play,,,");
  const auto rows = lines("shown.csv");
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[1], "r1,ann,1,p,top,0,0.5,3,1");
  EXPECT_EQ(rows[2], "r1,ann,1,p,new,1,1,0,0");
  EXPECT_EQ(rows[4], "r2,ann,2,p,new,1,1,0,1");
}

TEST_F(Feedback, CountsWhatDoesNotFit) {
  const auto page = shown("r1", "ann", 10'000'000, kTwoRows);
  const auto result =
      joined(page + page + event("e1", "ann", "a", 10'000'000 + kDay + 1, R"(,"request_id":"r1")") +
             event("e2", "ann", "a", 10'001'000, R"(,"request_id":"r1","timestamp":9000)") +
             event("e2", "ann", "a", 10'001'000) +
             event("e3", "ann", "x", 10'001'000, R"(,"request_id":"r1")") +
             event("e4", "bob", "a", 10'001'000, R"(,"request_id":"r1")") +
             checked_line(R"({"kind":"gap","at":1,"left_out":7})") + "0123");
  EXPECT_EQ(result.counts.repeated_pages, 1);
  EXPECT_EQ(result.counts.late, 1);
  EXPECT_EQ(result.counts.skewed, 1);
  EXPECT_EQ(result.counts.repeated_events, 1);
  EXPECT_EQ(result.counts.without_page, 2);  // another title, and another's page
  EXPECT_EQ(result.counts.left_out, 7);
  EXPECT_EQ(result.counts.torn_bytes, 4);
  EXPECT_EQ(lines("shown.csv")[1], "r1,ann,10000,p,top,0,0.5,3,1");
}

TEST_F(Feedback, RefusesWhatIsDamagedWithItsPlace) {
  std::string text = shown("r1", "ann", 1'000, kTwoRows) + shown("r2", "ann", 1'000, kTwoRows);
  text[12] ^= 1;
  try {
    joined(text);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kArtefact);
    EXPECT_NE(std::string(error.what()).find("0000000001.feedback:1: the line is damaged"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(joined(checked_line("[]")), Error);
  EXPECT_THROW(joined(checked_line(R"({"kind":"shown","at":"soon"})")), Error);
  const TempFolder empty;
  EXPECT_THROW(join_feedback({empty / "", 24}, empty / ""), Error);
}

}  // namespace
}  // namespace marquee::data
