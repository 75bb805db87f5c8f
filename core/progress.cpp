#include "core/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/text.h"

namespace marquee {

namespace {
bool quiet_mode = false;
constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(10);

bool on_terminal() {
  static const bool value = isatty(STDERR_FILENO) != 0;
  return value;
}
}  // namespace

void Progress::set_quiet(bool quiet) { quiet_mode = quiet; }

Progress::Progress(std::string label, int64_t total, std::string unit)
    : label_(printable(label, LineEnds::kEscaped)),
      total_(total),
      unit_(std::move(unit)),
      start_(Clock::now()),
      drawn_(start_) {}

Progress::~Progress() {
  if (open_) std::fputc('\n', stderr);
}

void Progress::update(int64_t done, const std::string& note) {
  done_ = done;
  const auto now = Clock::now();
  if (quiet_mode || now - drawn_ < (on_terminal() ? Clock::duration(kTerminalInterval)
                                                  : Clock::duration(kPlainInterval))) {
    return;
  }
  drawn_ = now;
  draw(note, false);
}

void Progress::finish(const std::string& note) {
  if (total_ > 0) done_ = total_;
  if (!quiet_mode) draw(note, true);
}

void Progress::draw(const std::string& note, bool last) {
  const std::string text = line(note, last);
  if (on_terminal()) {
    std::fprintf(stderr, "\r\033[K%s%s", text.c_str(), last ? "\n" : "");
    open_ = !last;
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::fflush(stderr);
}

std::string Progress::line(const std::string& note, bool last) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string text = label_ + " ";
  if (total_ > 0) {
    const double share =
        std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0., 1.);
    if (on_terminal() && !last) {
      static constexpr int kWidth = 24;
      const auto filled = static_cast<size_t>(share * kWidth);
      text += "[" + std::string(filled, '=') + std::string(kWidth - filled, ' ') + "] ";
    }
    if (!last) text += fixed(share * 100, 0) + "% ";
  }
  text += human_count(static_cast<double>(done_)) + " " + unit_;
  text += ", " + human_count(rate) + "/s";
  if (last) {
    text += ", " + human_duration(seconds);
  } else if (total_ > 0 && rate > 0) {
    text += ", " + human_duration(static_cast<double>(total_ - done_) / rate) + " left";
  }
  return note.empty() ? text : text + "  " + note;
}

}  // namespace marquee
