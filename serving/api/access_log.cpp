#include "serving/api/access_log.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>

#include "core/error.h"
#include "core/json.h"
#include "core/secret.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr int64_t kDay = 86'400;

std::string now_text() {
  using std::chrono::milliseconds;
  const auto now =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const std::time_t seconds = now / 1'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char whole[64];
  std::snprintf(whole, sizeof whole, "%s.%03dZ", text, static_cast<int>(now % 1'000));
  return whole;
}

}  // namespace

std::string trace_id(std::string_view traceparent) {
  constexpr size_t kLength = 55;  // version 2, id 32, span 16, flags 2, with a dash between each
  if (traceparent.size() != kLength) return "";
  for (size_t i = 0; i < kLength; ++i) {
    const bool dash = i == 2 || i == 35 || i == 52;
    const char c = traceparent[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !digit) return "";
  }
  const auto id = traceparent.substr(3, 32);
  if (id.find_first_not_of('0') == std::string_view::npos) return "";
  return std::string(id);
}

AccessLog::AccessLog(const std::filesystem::path& file)
    : file_(file == "-" ? stderr : std::fopen(file.c_str(), "ae")),
      writer_({.workers = 1, .max_batch = 1'024, .max_requests = 65'536},
              [this](std::vector<std::string> lines) { write(std::move(lines)); }) {
  if (file_ == nullptr) {
    throw system_error(cat("--access-log ", file.string(), ": ", std::strerror(errno)));
  }
}

AccessLog::~AccessLog() {
  writer_.stop();
  if (file_ != nullptr && file_ != stderr) std::fclose(file_);
}

void AccessLog::add(AccessRecord record) {
  std::string line = line_of(record);
  if (!writer_.push(line)) ++left_out_;
}

std::string AccessLog::line_of(const AccessRecord& record) {
  Json json = {{"time", now_text()},
               {"method", record.method},
               {"route", record.route},
               {"status", record.status},
               {"ms", std::round(record.seconds * 1e6) / 1e3},
               {"bytes", record.bytes}};
  if (!record.tenant.empty()) json["tenant"] = record.tenant;
  if (!record.key.empty()) json["key"] = record.key;
  if (const auto id = trace_id(record.traceparent); !id.empty()) json["trace_id"] = id;
  if (!record.user.empty()) json["user"] = pseudonym(record);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The same member of the same service has the same name for a day.
std::string AccessLog::pseudonym(const AccessRecord& record) {
  const std::lock_guard lock(mutex_);
  if (const int64_t today = std::time(nullptr) / kDay; today != day_) {
    secret_ = random_bytes(32);
    day_ = today;
  }
  const std::string who =
      record.tenant.empty() ? record.user : cat(record.tenant, "/", record.user);
  return keyed_hash(secret_, who).substr(0, 16);
}

void AccessLog::write(std::vector<std::string> lines) {
  if (const int64_t missed = left_out_.exchange(0); missed > 0) {
    lines.push_back(Json{{"time", now_text()}, {"left_out", missed}}.dump() + "\n");
  }
  const std::string text = join(lines, "");
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

}  // namespace marquee::serving
