#include "serving/store/feedback_segments.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "data/feedback_lines.h"

namespace marquee::serving {

namespace {

namespace fs = std::filesystem;

constexpr int kDigits = 10;

int64_t changed(const fs::path& file) {
  struct stat info {};
  return stat(file.c_str(), &info) == 0 ? info.st_mtime : 0;
}

}  // namespace

FeedbackSegments::FeedbackSegments(fs::path folder) : folder_(std::move(folder)) {
  if (const auto all = files(); !all.empty()) repair(all.back());
}

FeedbackSegments::~FeedbackSegments() { close(); }

std::vector<fs::path> FeedbackSegments::files_in(const fs::path& folder) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == data::kFeedbackSuffix) all.push_back(entry.path());
  }
  std::ranges::sort(all);
  return all;
}

void FeedbackSegments::repair(const fs::path& file) const {
  const std::string text = read_file(file);
  const size_t whole = data::whole_lines(text);
  if (whole == text.size()) return;
  fs::resize_file(file, whole);
  log::warn(cat(file.string(), ": the last ", text.size() - whole,
                " bytes were not written completely, and were cut off"));
}

// Names count up, so that their order is that of time.
void FeedbackSegments::open() {
  const auto all = files();
  const int64_t last = all.empty() ? 0 : std::strtoll(all.back().stem().c_str(), nullptr, 10);
  std::string number = std::to_string(last + 1);
  number.insert(0, kDigits - std::min<size_t>(kDigits, number.size()), '0');
  const fs::path file = folder_ / (number + data::kFeedbackSuffix);
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor_ < 0) throw errno_error("cannot make " + file.string());
  bytes_ = 0;
  opened_ = std::time(nullptr);
}

void FeedbackSegments::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  opened_ = 0;
}

void FeedbackSegments::append(std::string_view lines) {
  if (descriptor_ < 0) open();
  std::string_view left = lines;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    left.remove_prefix(static_cast<size_t>(written));
  }
  if (left.empty() && fdatasync(descriptor_) == 0) {
    bytes_ += static_cast<int64_t>(lines.size());
    return;
  }
  const Error failed = errno_error("cannot write to " + folder_.string());
  if (ftruncate(descriptor_, bytes_) != 0) close();  // its tail is cut off at the next start
  throw failed;
}

void FeedbackSegments::remove_older(int64_t before) {
  const auto all = files();
  for (const auto& file : all) {
    const bool grows = descriptor_ >= 0 && file == all.back();
    std::error_code ignored;
    if (!grows && changed(file) < before) fs::remove(file, ignored);
  }
}

int64_t FeedbackSegments::remove_lines_with(const std::vector<std::string>& texts) {
  int64_t removed = 0;
  close();
  for (const auto& file : files()) {
    const std::string all = read_file(file);
    std::string kept;
    for (size_t begin = 0; begin < all.size();) {
      const size_t end = std::min(all.size(), all.find('\n', begin)) + 1;
      const std::string_view line = std::string_view(all).substr(begin, end - begin);
      const bool theirs = std::ranges::any_of(texts, [&](const std::string& text) {
        return line.find(text) != std::string_view::npos;
      });
      theirs ? void(++removed) : void(kept.append(line));
      begin = end;
    }
    if (kept.size() == all.size()) continue;
    const int64_t time = changed(file);
    write_file_atomically(file, kept);
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    // Retention counts from when it was written.
    const timespec times[2] = {{time, 0}, {time, 0}};
    utimensat(AT_FDCWD, file.c_str(), times, 0);
  }
  return removed;
}

}  // namespace marquee::serving
