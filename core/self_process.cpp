#include "core/self_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/text.h"

namespace marquee {

namespace {

// What the child does with its descriptors before it runs.
class FileActions {
 public:
  explicit FileActions(const SelfProcess::Output& output) {
    posix_spawn_file_actions_init(&actions_);
    if (output.file.empty() && output.descriptor < 0) return;
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output.descriptor >= 0) {
      posix_spawn_file_actions_adddup2(&actions_, output.descriptor, STDOUT_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.file.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

}  // namespace

SelfProcess::SelfProcess(const std::vector<std::string>& words, const Output& output) {
  std::vector<std::string> copies = {"marquee"};
  copies.insert(copies.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const FileActions actions(output);
  const int failed =
      posix_spawn(&pid_, "/proc/self/exe", actions.get(), nullptr, arguments.data(), environ);
  if (failed == 0) return;
  pid_ = 0;
  throw system_error(cat("cannot start `marquee ", words.empty() ? "" : words.front(),
                         "`: ", std::strerror(failed)));
}

SelfProcess::~SelfProcess() {
  if (ended()) return;
  send(SIGKILL);
  wait();
}

bool SelfProcess::ended() { return pid_ == 0 || reap(WNOHANG); }

void SelfProcess::wait() {
  while (pid_ != 0) reap(0);
}

void SelfProcess::send(int signal) const {
  if (pid_ != 0) kill(pid_, signal);
}

bool SelfProcess::reap(int options) {
  const pid_t done = waitpid(pid_, &status_, options);
  if (done == 0 || (done < 0 && errno == EINTR)) return false;
  pid_ = 0;
  return true;
}

}  // namespace marquee
