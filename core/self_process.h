// This program again, in a process of its own: trials of a search, the check of a bundle, the steps
// of quickstart.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace marquee {

// A running child. Not safe to use from several threads.
class SelfProcess {
 public:
  // Where the child's stdout and stderr go. With a file or a descriptor its stdin is empty; with
  // neither all three are this process's own.
  struct Output {
    std::filesystem::path file = {};  // truncated first
    int descriptor = -1;              // open in this process
  };

  // Starts `marquee WORDS...`; throws Error (system) if that fails.
  SelfProcess(const std::vector<std::string>& words, const Output& output);
  ~SelfProcess();  // kills it if it still runs
  SelfProcess(const SelfProcess&) = delete;
  SelfProcess& operator=(const SelfProcess&) = delete;

  bool ended();  // does not wait
  void wait();
  void send(int signal) const;  // nothing once it has ended

  // As waitpid gives it; only once it has ended.
  int status() const { return status_; }

 private:
  bool reap(int options);  // whether it has ended

  pid_t pid_ = 0;  // 0: it has ended
  int status_ = 0;
};

}  // namespace marquee
