// The files of a feedback log: one that grows, and those before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::serving {

// Not safe to use from several threads.
class FeedbackSegments {
 public:
  // The folder has to be there. Cuts off what is not whole at the end of the
  // newest segment.
  explicit FeedbackSegments(std::filesystem::path folder);
  ~FeedbackSegments();
  FeedbackSegments(const FeedbackSegments&) = delete;
  FeedbackSegments& operator=(const FeedbackSegments&) = delete;

  // Appends whole lines and syncs. Throws Error (system); then nothing of them is in the file.
  void append(std::string_view lines);

  int64_t bytes() const { return bytes_; }    // of the one that grows
  int64_t opened() const { return opened_; }  // Unix seconds; 0: none is open
  void close();                               // the next append begins another

  // Removes those that nothing was written to since `before` (Unix seconds).
  void remove_older(int64_t before);
  // Rewrites every segment without the lines whose JSON contains one of the texts. → how many there
  // were. Throws Error (system).
  int64_t remove_lines_with(const std::vector<std::string>& texts);

  // The segments of a folder, oldest first.
  static std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

 private:
  void open();
  std::vector<std::filesystem::path> files() const { return files_in(folder_); }
  void repair(const std::filesystem::path& file) const;

  const std::filesystem::path folder_;
  int descriptor_ = -1;
  int64_t bytes_ = 0, opened_ = 0;
};

}  // namespace marquee::serving
