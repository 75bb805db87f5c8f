#include "tuning/trial.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "training/train.h"

namespace marquee::tuning {

namespace fs = std::filesystem;

namespace {
constexpr const char* kLogFile = "log.txt";
}

Json to_json(const TrialResult& result) {
  Json json = {{"trial", result.trial},
               {"rung", result.rung},
               {"epochs", result.epochs},
               {"seconds", result.seconds}};
  add_to(json, result.score);
  if (result.failed()) json["error"] = result.error;
  return json;
}

TrialResult trial_result(const Json& json) {
  TrialResult result;
  result.trial = json.at("trial").get<int64_t>();
  result.rung = json.at("rung").get<int64_t>();
  result.epochs = json.at("epochs").get<int64_t>();
  result.seconds = json.at("seconds").get<double>();
  result.score = training::validation_score(json);
  result.error = json.value("error", "");
  return result;
}

TrialProcess::TrialProcess(const Options& options)
    : options_(options),
      process_({"train", "--config", (options.folder / training::kConfigFile).string(), "--data",
                options.dataset.string(), "--out", (options.folder / kTrialRun).string(),
                "--device", options.device, "--threads", std::to_string(options.threads),
                "--stop-after", std::to_string(options.stop_after), "--resume", "--quiet"},
               {.file = options.folder / kLogFile}),
      start_(std::chrono::steady_clock::now()) {}

bool TrialProcess::ended() {
  if (!process_.ended()) return false;
  if (seconds_ == 0) {
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  return true;
}

void TrialProcess::interrupt() { process_.send(SIGINT); }

namespace {

// The best of what the run wrote down after each validation.
training::ValidationScore best_of(const fs::path& metrics) {
  training::ValidationScore best;
  if (!fs::exists(metrics)) return best;
  for (const auto& line : split(read_file(metrics), '\n')) {
    const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object() || !record.contains("users")) continue;
    const training::ValidationScore score = training::validation_score(record);
    if (!best.measured() || score.better_than(best)) best = score;
  }
  return best;
}

// The last words of the log.
std::string last_line(const fs::path& log) {
  std::string last;
  for (const auto& line : split(fs::exists(log) ? read_file(log) : "", '\n')) {
    if (!trim(line).empty()) last = line;
  }
  return last;
}

}  // namespace

TrialResult TrialProcess::result() const {
  TrialResult result;
  result.epochs = options_.stop_after;
  result.seconds = seconds_;
  if (WIFSIGNALED(process_.status())) {
    result.error = cat("killed by signal ", WTERMSIG(process_.status()));
  } else if (WEXITSTATUS(process_.status()) != 0) {
    result.error = last_line(options_.folder / kLogFile);
    if (result.error.empty()) result.error = cat("exit code ", WEXITSTATUS(process_.status()));
  } else {
    result.score = best_of(options_.folder / kTrialRun / training::kMetricsFile);
    if (!result.score.measured()) result.error = "nothing was validated: no validation members";
  }
  return result;
}

}  // namespace marquee::tuning
