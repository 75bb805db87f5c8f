// The access log: a JSON line a request, which says what was requested and how it was answered, but
// not for whom. It holds no histories and no addresses. Users are keyed hashes whose key is never
// written and is drawn again every day.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "serving/batcher.h"

namespace marquee::serving {

struct AccessRecord {
  std::string tenant;  // "": there is only one
  std::string method;
  std::string route;  // "/v1/users/{}"
  int status = 0;
  double seconds = 0;
  size_t bytes = 0;         // of the answer's body
  std::string key;          // name of the API key
  std::string traceparent;  // as it came
  std::string user;         // as it came; "": about nobody who is stored
};

// Safe to use from several threads. Lines are written by a thread of its own; those that come
// faster than they can be written are left out, and how many is said.
class AccessLog {
 public:
  // "-" is stderr. Throws Error if the file cannot be opened.
  explicit AccessLog(const std::filesystem::path& file);
  ~AccessLog();

  void add(AccessRecord record);

 private:
  std::string line_of(const AccessRecord& record);
  std::string pseudonym(const AccessRecord& record);
  void write(std::vector<std::string> lines);

  std::FILE* file_;
  std::atomic<int64_t> left_out_ = 0;
  std::mutex mutex_;  // guards what follows
  std::string secret_;
  int64_t day_ = -1;
  Batcher<std::string> writer_;  // last: it stops first
};

// The trace id of a W3C traceparent ("00-ID-SPAN-FLAGS"), or "" if it is none.
std::string trace_id(std::string_view traceparent);

}  // namespace marquee::serving
