// What was shown to whom, with what probability, and what came of it: the log that policies are
// evaluated and learned from (docs/serving.md). Segments of lines, each with its checksum, that are
// only ever appended to; one writer commits what waits in groups. Serving never waits for it: what
// comes faster than it can be written, or while the disk is full, is left out, counted, and said in
// the log itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "configs/server_config.h"
#include "core/error.h"
#include "serving/store/user_event.h"

namespace marquee::serving {

// The titles of a row in their order, and the probability with which each was shown there.
struct ExposedRow {
  std::string row;  // "top", "because", ...; "list" where titles were requested without a page
  double propensity = 1;  // of the row, given those above it
  uint32_t offered = 0;   // kinds of rows that it was chosen from, a bit each; 0: nothing chose
  std::vector<std::string_view> titles;
  std::vector<double> propensities;  // empty: 1 each
};

struct Exposure {
  std::string request_id;
  std::string user_id;  // "": a visitor, by the history of the request
  std::string bundle, policy;
  std::vector<double> features;  // what the policy knew of the user
  bool degraded = false, prefetch = false;
  int64_t shown_ms = 0;  // since 1970; 0: now
  std::vector<ExposedRow> rows;
};

// 32 hexadecimal digits that no other request has.
std::string new_request_id();

class FeedbackLog {
 public:
  using Done = std::function<void(const std::optional<Error>&)>;

  // Makes the folder where it is missing, cuts off what a killed server left half written (and says
  // so). Throws Error if it cannot be written or another process has it.
  FeedbackLog(const std::filesystem::path& folder, const configs::ExposureConfig& config);
  ~FeedbackLog();  // as stop()

  // Safe to call from several threads.
  void shown(const Exposure& exposure);
  void happened(const UserEvent& event, int64_t received);  // Unix seconds
  // Under which id the log knows a user.
  std::string id_of(const std::string& user_id) const;
  // Removes every line of the user from every segment. Done is called on the writer's thread.
  void forget(const std::string& user_id, Done done);

  // Writes what waits, and takes no more.
  void stop();

  struct Counts {
    int64_t written = 0, left_out = 0;  // lines
  };
  Counts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::serving
