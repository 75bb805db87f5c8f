#include "tuning/trial.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee::tuning {

namespace fs = std::filesystem;

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
    : options_(options), start_(std::chrono::steady_clock::now()) {
  std::vector<std::string> words = {"marquee",      "train",
                                    "--config",     (options.folder / "config.yaml").string(),
                                    "--data",       options.dataset.string(),
                                    "--out",        (options.folder / "run").string(),
                                    "--device",     options.device,
                                    "--threads",    std::to_string(options.threads),
                                    "--stop-after", std::to_string(options.stop_after),
                                    "--resume",     "--quiet"};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log = (options.folder / "log.txt").string();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int failed =
      posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    pid_ = 0;
    throw system_error(cat("cannot start a trial: ", std::strerror(failed)));
  }
}

TrialProcess::~TrialProcess() {
  if (ended()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
}

bool TrialProcess::ended() {
  if (pid_ == 0) return true;
  const pid_t done = waitpid(pid_, &status_, WNOHANG);
  if (done == 0 || (done < 0 && errno == EINTR)) return false;
  pid_ = 0;
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  return true;
}

void TrialProcess::interrupt() {
  if (pid_ != 0) kill(pid_, SIGINT);
}

namespace {

// The best of what the run wrote down after each validation.
training::ValidationScore best_of(const fs::path& metrics) {
  training::ValidationScore best;
  if (!fs::exists(metrics)) return best;
  for (const auto& line : split(read_file(metrics), '\n')) {
    const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object() || !record.contains("members")) continue;
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
  if (WIFSIGNALED(status_)) {
    result.error = cat("killed by signal ", WTERMSIG(status_));
  } else if (WEXITSTATUS(status_) != 0) {
    result.error = last_line(options_.folder / "log.txt");
    if (result.error.empty()) result.error = cat("exit code ", WEXITSTATUS(status_));
  } else {
    result.score = best_of(options_.folder / "run" / "metrics.jsonl");
    if (!result.score.measured()) result.error = "nothing was validated: no validation members";
  }
  return result;
}

}  // namespace marquee::tuning
