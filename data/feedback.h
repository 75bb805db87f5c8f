// The log of what the server showed and what came of it (docs/serving.md), joined: which title and
// which row each event came from, and with what probability that was there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/json.h"
#include "data/tombstones.h"

namespace marquee::data {

struct FeedbackOptions {
  std::filesystem::path folder;           // of segments
  double window_hours = 24;               // after a page, within which an event counts for it
  const Tombstones* forgotten = nullptr;  // members whose pages and events are left out
};

// What was joined, and what could not be.
struct FeedbackCounts {
  int64_t pages = 0, rows = 0, events = 0;  // each once
  int64_t joined_by_request = 0;            // events: by the request that they name
  int64_t joined_by_title = 0;              // else by the user's newest page that showed the title
  int64_t without_page = 0;                 // no page that is logged showed the title
  int64_t late = 0;                         // came after the window of the page that they name
  int64_t skewed = 0;                       // say that they happened before their page was shown
  int64_t repeated_events = 0, repeated_pages = 0;  // the same id again; left out
  int64_t left_out = 0;                             // lines that the server could not write
  int64_t torn_bytes = 0;                           // not written completely, at a segment's end
};

struct JoinedFeedback {
  FeedbackCounts counts;
  std::vector<std::filesystem::path> files;  // that were read, oldest first
};

// Writes two files into `out`: feedback.csv, the events as an interactions file, with propensity
// and position where they were joined; and shown.csv, a line a row of a page, with the rewards of
// its titles (plays, completions, likes and ratings, 1 each). Throws Error for a folder without
// segments, and for a line in the midst of one that is damaged or not of this log, with its place.
JoinedFeedback join_feedback(const FeedbackOptions& options, const std::filesystem::path& out);

Json facts_of(const FeedbackCounts& counts);

}  // namespace marquee::data
