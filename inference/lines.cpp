#include "inference/lines.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace marquee::inference {

namespace {
constexpr std::streamsize kChunkBytes = 65'536;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

bool LineReader::next(std::vector<InputLine>& batch) {
  batch.clear();
  size_t bytes = 0;
  while (batch.size() < limits_.batch_lines && bytes < limits_.batch_bytes) {
    const size_t before = batch.size();
    if (take_line(batch)) {
      if (batch.size() > before) bytes += batch.back().text.size();
    } else if (ended_ || (!batch.empty() && !at_hand())) {
      break;
    } else {
      read();
    }
  }
  return !batch.empty();
}

bool LineReader::take_line(std::vector<InputLine>& batch) {
  const std::string_view rest = std::string_view(chunk_).substr(taken_);
  const size_t end = rest.find('\n');
  if (end != std::string_view::npos) {
    taken_ += end + 1;
    finish_line(rest.substr(0, end), batch);
    return true;
  }
  hold(rest);
  taken_ = chunk_.size();
  const bool last = ended_ && (!line_.text.empty() || line_.too_long);  // it has no line end
  if (last) finish_line("", batch);
  return last;
}

void LineReader::finish_line(std::string_view end, std::vector<InputLine>& batch) {
  hold(end);
  ++line_.number;
  if (line_.number == 1 && line_.text.starts_with(kByteOrderMark)) {
    line_.text.erase(0, kByteOrderMark.size());
  }
  const int64_t number = line_.number;
  if (line_.too_long || !trim(line_.text).empty()) batch.push_back(std::move(line_));
  line_ = {.number = number, .text = {}};
}

void LineReader::hold(std::string_view part) {
  if (!line_.too_long && line_.text.size() + part.size() > limits_.line_bytes) {
    line_.too_long = true;
    line_.text = std::string();
  }
  if (!line_.too_long) line_.text += part;
}

bool LineReader::at_hand() const { return in_.rdbuf()->in_avail() > 0; }

// Waits for one byte, then takes what came with it.
void LineReader::read() {
  auto& buffer = *in_.rdbuf();
  taken_ = 0;
  chunk_.clear();
  const auto first = buffer.sbumpc();
  if (first == std::char_traits<char>::eof()) {
    ended_ = true;
    return;
  }
  const auto more = std::clamp<std::streamsize>(buffer.in_avail(), 0, kChunkBytes);
  chunk_.resize(static_cast<size_t>(more) + 1);
  chunk_[0] = std::char_traits<char>::to_char_type(first);
  chunk_.resize(static_cast<size_t>(buffer.sgetn(chunk_.data() + 1, more)) + 1);
}

}  // namespace marquee::inference
