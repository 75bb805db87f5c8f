#include "serving/store/feedback_log.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <thread>
#include <variant>

#include "core/artefact.h"
#include "core/log.h"
#include "core/random.h"
#include "core/secret.h"
#include "core/text.h"
#include "data/feedback_lines.h"
#include "inference/json_writer.h"
#include "serving/batcher.h"
#include "serving/store/feedback_segments.h"
#include "serving/store/keyed_ids.h"

namespace marquee::serving {

namespace {

using inference::append_text;

constexpr int64_t kMiB = 1 << 20, kHour = 3'600, kDay = 86'400;
constexpr int kMaxWaiting = 65'536;  // lines
// Between two groups of lines: each is synced, and nothing waits for it.
constexpr std::chrono::milliseconds kBetweenGroups(20);

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void append_field(std::string& out, const char* name, std::string_view text) {
  out += name;
  append_text(out, text);
}

void append_row(std::string& out, const ExposedRow& row) {
  append_field(out, "{\"row\":", row.row);
  if (row.propensity != 1) {
    out += ",\"row_propensity\":";
    inference::append_number(out, row.propensity);
  }
  if (row.offered != 0) out += cat(",\"offered\":", row.offered);
  out += ",\"titles\":[";
  for (size_t i = 0; i < row.titles.size(); ++i) {
    if (i > 0) out += ',';
    append_text(out, row.titles[i]);
  }
  out += "],\"propensity\":";
  if (row.propensities.empty()) {
    out += "1}";
    return;
  }
  for (size_t i = 0; i < row.propensities.size(); ++i) {
    out += i == 0 ? '[' : ',';
    inference::append_number(out, row.propensities[i]);
  }
  out += "]}";
}

const std::filesystem::path& made(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw system_error(cat("cannot make ", folder.string(), ": ", failed.message()));
  return folder;
}

// A line on its way to a file, or a user whose lines go.
struct Forgotten {
  std::vector<std::string> ids;  // under which lines may have them
  FeedbackLog::Done done;
};
using Work = std::variant<std::string, Forgotten>;

}  // namespace

std::string new_request_id() {
  static const std::string seed = random_bytes(sizeof(uint64_t));
  static std::atomic<uint64_t> threads = 0;
  thread_local RandomStream random(*reinterpret_cast<const uint64_t*>(seed.data()), "request_id",
                                   threads++);
  const uint64_t words[2] = {random.next(), random.next()};
  return hex_of({reinterpret_cast<const char*>(words), sizeof words});
}

struct FeedbackLog::State {
  State(const std::filesystem::path& at, const configs::ExposureConfig& options)
      : config(options),
        folder(at),
        lock(made(folder) / "lock", "the log of what was shown"),
        segments(folder),
        keyed(KeyedIds::of(folder, options.user_ids)),
        writer({.workers = 1, .max_batch = 1'024, .max_requests = kMaxWaiting},
               [this](std::vector<Work> work) { write(std::move(work)); }) {}

  void add(std::string_view json) {
    Work work = data::checked_line(json);
    if (!writer.push(work)) ++missed;
  }

  void write(std::vector<Work> work) {
    std::string lines;
    int64_t count = 0;
    for (Work& each : work) {
      if (auto* line = std::get_if<std::string>(&each)) {
        lines += *line;
        ++count;
      } else {
        append(std::move(lines), count);  // what came before is forgotten as well
        lines.clear();
        count = 0;
        forget(std::get<Forgotten>(each));
      }
    }
    append(std::move(lines), count);
    rotate();
    std::this_thread::sleep_for(kBetweenGroups);
  }

  void append(std::string lines, int64_t count) {
    if (lines.empty()) return;
    const int64_t gap = missed.exchange(0);
    if (gap > 0) {
      lines.insert(0, data::checked_line(
                          cat("{\"kind\":\"gap\",\"at\":", now_ms(), ",\"left_out\":", gap, "}")));
    }
    try {
      segments.append(lines);
      written += count;
      left_out += gap;
      if (std::exchange(failing, false)) log::info("the log of what was shown is written again");
    } catch (const Error& error) {
      missed += gap + count;
      if (!std::exchange(failing, true)) {
        log::error(cat(error.what(), "; what is shown is not logged until that works again"));
      }
    }
  }

  void forget(const Forgotten& forgotten) {
    try {
      segments.remove_lines_with(marks_of(forgotten.ids));
      forgotten.done(std::nullopt);
    } catch (const std::exception& error) {
      log::error(error.what());
      forgotten.done(system_error(error.what()));
    }
  }

  void rotate() {
    const int64_t now = std::time(nullptr);
    const bool old =
        segments.opened() > 0 && now - segments.opened() >= config.segment_hours * kHour;
    if (!old && segments.bytes() < config.segment_mib * kMiB) return;
    segments.close();
    segments.remove_older(now - config.keep_days * kDay);
  }

  const configs::ExposureConfig config;
  const std::filesystem::path folder;
  const FileLock lock;
  FeedbackSegments segments;        // of the writer
  const KeyedIds keyed;             // of a user or an event, whose id may hold the user's
  bool failing = false;             // of the writer
  std::atomic<int64_t> missed = 0;  // left out since the last line that was written
  std::atomic<int64_t> written = 0, left_out = 0;
  Batcher<Work> writer;  // last: it stops first
};

FeedbackLog::FeedbackLog(const std::filesystem::path& folder, const configs::ExposureConfig& config)
    : state_(std::make_unique<State>(folder, config)) {}

FeedbackLog::~FeedbackLog() { stop(); }

void FeedbackLog::stop() { state_->writer.stop(); }

void FeedbackLog::shown(const Exposure& exposure) {
  std::string json =
      cat("{\"kind\":\"shown\",\"at\":", exposure.shown_ms > 0 ? exposure.shown_ms : now_ms());
  append_field(json, ",\"request_id\":", exposure.request_id);
  if (!exposure.user_id.empty()) append_field(json, ",\"user\":", state_->keyed(exposure.user_id));
  append_field(json, ",\"bundle\":", exposure.bundle);
  append_field(json, ",\"policy\":", exposure.policy);
  if (!exposure.features.empty()) {
    inference::append_list(json, ",\"features\":", exposure.features,
                           [&](double value) { inference::append_number(json, value); });
  }
  if (exposure.degraded) json += ",\"degraded\":true";
  if (exposure.prefetch) json += ",\"prefetch\":true";
  json += ",\"rows\":[";
  for (size_t i = 0; i < exposure.rows.size(); ++i) {
    if (i > 0) json += ',';
    append_row(json, exposure.rows[i]);
  }
  state_->add(json + "]}");
}

void FeedbackLog::happened(const UserEvent& event, int64_t received) {
  std::string json = cat("{\"kind\":\"event\",\"at\":", received * 1'000);
  append_field(json, ",\"event_id\":", state_->keyed(event.event_id));
  if (!event.request_id.empty()) append_field(json, ",\"request_id\":", event.request_id);
  append_field(json, ",\"user\":", state_->keyed(event.user_id));
  append_field(json, ",\"title_id\":", event.item.title_id);
  append_field(json, ",\"event\":", data::name(event.item.event));
  if (!std::isnan(event.item.value)) {
    json += ",\"value\":";
    inference::append_number(json, event.item.value);
  }
  if (event.item.timestamp) json += cat(",\"timestamp\":", *event.item.timestamp);
  state_->add(json + "}");
}

void FeedbackLog::forget(const std::string& user_id, Done done) {
  Work work = Forgotten{ids_in_log(state_->folder, user_id), std::move(done)};
  if (!state_->writer.push(work)) {
    std::get<Forgotten>(work).done(system_error("the log of what was shown is full or closed"));
  }
}

std::string FeedbackLog::id_of(const std::string& user_id) const { return state_->keyed(user_id); }

FeedbackLog::Counts FeedbackLog::counts() const {
  return {state_->written, state_->left_out + state_->missed};
}

}  // namespace marquee::serving
