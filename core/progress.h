// A progress line on stderr: a bar with rate and time left on a terminal, a plain line every few
// seconds elsewhere. Silent under --quiet.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace marquee {

class Progress {
 public:
  // total 0: unknown, only count and rate are shown. unit: "rows", "users", ...
  Progress(std::string label, int64_t total, std::string unit);
  ~Progress();  // ends the line if finish() was not called, as when unwinding
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws at most ten times a second. `note` is shown at the end of the line ("loss 3.21").
  void update(int64_t done, const std::string& note = "");
  void finish(const std::string& note = "");

  static void set_quiet(bool quiet);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const std::string& note, bool last);
  std::string line(const std::string& note, bool last) const;

  std::string label_;
  int64_t total_;
  std::string unit_;
  int64_t done_ = 0;
  Clock::time_point start_;
  Clock::time_point drawn_;
  bool open_ = false;  // an unfinished line is on the terminal
};

}  // namespace marquee
