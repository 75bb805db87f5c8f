// Requests and answers as JSON, one a line; the server's bodies are the same (docs/bundles.md).
// Requests are strict: an unknown field, filter or type is an error that names it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.h"
#include "data/events.h"

namespace marquee::inference {

inline constexpr int kMaxTitlesAnswered = 1'000;     // k
inline constexpr int kMaxTitlesPredicted = 1'000;    // entries of "titles"
inline constexpr int kMaxHistory = 10'000;           // entries of a request's history
inline constexpr int kMaxExcluded = 10'000;          // entries of "exclude"
inline constexpr int kMaxFilterGenres = 100;         // entries of "filters.genres"
inline constexpr int kMaxContexts = 16;              // entries of "context"
inline constexpr size_t kMaxRequestBytes = 4 << 20;  // of one line

// A title id alone is a play without a timestamp: signal 1 and age 0.
struct HistoryItem {
  std::string title_id;
  std::optional<int64_t> timestamp;  // Unix seconds
  data::Event event = data::Event::kPlay;
  float value = data::kNoValue;
};

// Where histories of "user_id" requests come from: the dataset for `recommend --user`, the store of
// the server. Returns nothing for an unknown user. Called on the thread that calls the runner.
using HistoryLookup = std::function<std::optional<std::vector<HistoryItem>>(const std::string&)>;

struct Filters {
  std::vector<std::string> genres;  // any of these; empty: all
  std::string max_maturity;         // "": any
  std::string region;               // "": any
};

// The user that a request is about.
struct UserRequest {
  std::string id;  // comes back with the answer; "": none
  // Oldest first: by timestamp where all entries have one (equal ones in the order given),
  // else in the order given.
  std::vector<HistoryItem> history;
  std::optional<std::string> user_id;  // instead of history: read from the store
  // Unix seconds. Without it, ages count from the newest timestamp of the history and availability
  // windows are not checked, so that an answer depends on the request alone.
  std::optional<int64_t> at;
  // "profile":"none": nothing that is known of the user may be read. Then there is no history and
  // no user_id, whatever the request named.
  bool without_profile = false;
};

// Something that a request says of where it comes from: the country, say.
struct ContextValue {
  std::string column, value;
};

struct Request : UserRequest {
  int k = 10;
  std::vector<ContextValue> context;  // counts for users of whom little is known (contexts.h)
  std::vector<std::string> exclude;
  Filters filters;
  bool include_seen = false;
  std::optional<float>
      diversity;  // strength, 0 to 1 (diversity/diversifier.h); none: as configured
  // What was shown to the user again and again comes last. Only a server that knows its last pages
  // and lists can do that: it sets comes_last.
  bool sink_repeated = false;
  std::function<bool(const std::string& title_id)> comes_last = {};
  // Candidates of something else: as they are ranked, without variety, rules or floors.
  bool as_ranked = false;
};

struct PredictRequest : UserRequest {
  std::vector<std::string> titles;
};

struct AnsweredTitle {
  std::string title_id;
  std::string name;
  float score = 0;
  std::vector<std::string> reasons;
  int year = 0;                          // on pages; 0: unknown
  std::vector<std::string> genres = {};  // on pages
};

struct Answer {
  std::string id;
  std::string model;
  std::vector<AnsweredTitle> items;
  std::vector<std::string> unknown_titles;
  bool degraded = false;                  // the most popular titles, because the model had no time
  std::vector<std::string> relaxed = {};  // rules of lists that it could not keep
  std::string request_id = {};  // in the server's log of what was shown; "": it is not logged
};

struct PredictedRating {
  std::string title_id;
  float rating = 0;
};

struct PredictAnswer {
  std::string id;
  std::vector<PredictedRating> ratings;
  std::vector<std::string> unknown_titles;
};

// The result of one request: its error does not affect the others of its batch.
template <typename Answer>
using Result = std::variant<Answer, Error>;

// Throw Error with the field and the value: "k: must be 1 to 1000, not 0". Safe to call from
// several threads.
Request parse_request(std::string_view json);
PredictRequest parse_predict_request(std::string_view json);

// The id of a line that does not parse as a request, if that much can be read; else empty.
std::string request_id(std::string_view json);

// One line each, without its end. Floats come back as they were when they are read again; "id" is
// null where the request has none, "unknown_titles" is there only when there are some.
std::string to_json(const Answer& answer);
std::string to_json(const PredictAnswer& answer);
std::string error_json(const std::string& id, int64_t line, const std::string& message);

}  // namespace marquee::inference
