// Lines of a stream in batches: as many as are at hand, so that a program that sends one line at a
// time is answered at once and a file is read in full batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::inference {

struct InputLine {
  int64_t number = 0;     // from 1
  std::string text;       // without its end
  bool too_long = false;  // then `text` is empty: the line was skipped without being kept
};

struct LineLimits {
  size_t line_bytes;  // longer lines are skipped
  size_t batch_lines;
  size_t batch_bytes;  // a batch ends with the line that reaches this
};

class LineReader {
 public:
  // Reads the stream's buffer, and only waits for more if no line is at hand. The buffer must
  // report what it holds (in_avail), which std::cin does after sync_with_stdio(false).
  LineReader(std::istream& in, const LineLimits& limits) : in_(in), limits_(limits) {}

  // The next lines that are not blank, at least one; false at the end of the stream. A byte order
  // mark before the first line is skipped.
  bool next(std::vector<InputLine>& batch);

 private:
  bool take_line(std::vector<InputLine>& batch);  // from what was read; false if there is none
  void finish_line(std::string_view end, std::vector<InputLine>& batch);
  void hold(std::string_view part);
  bool at_hand() const;
  void read();

  std::istream& in_;
  LineLimits limits_;
  std::string chunk_;   // read from the stream
  size_t taken_ = 0;    // of chunk_
  InputLine line_;      // what was taken of the line that is not complete
  bool ended_ = false;  // the stream
};

}  // namespace marquee::inference
