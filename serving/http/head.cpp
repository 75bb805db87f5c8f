#include "serving/http/head.h"

#include <algorithm>

namespace marquee::serving {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

void check_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    throw BadRequest{400, "a field that goes on in the next line"};
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw BadRequest{400, "a field without a name"};
  }
  if (line.substr(0, colon).find_first_of(" \t") != std::string_view::npos) {
    throw BadRequest{400, "a blank in the name of a field"};
  }
}

}  // namespace

std::optional<size_t> head_end(std::string_view bytes) {
  int lines = 0;
  size_t begin = 0;
  while (true) {
    const size_t feed = bytes.find('\n', begin);
    const size_t end = std::min(feed, bytes.size());
    if (lines == 0 && end - begin > kMaxRequestLineBytes) {
      throw BadRequest{414, "the request line is too long"};
    }
    if (end > kMaxHeadBytes) throw BadRequest{431, "the fields are too long"};
    if (feed == std::string_view::npos) return std::nullopt;
    if (feed == begin || bytes[feed - 1] != '\r') {
      throw BadRequest{400, "a line that does not end in CR LF"};
    }
    const std::string_view line = bytes.substr(begin, feed - 1 - begin);
    if (std::any_of(line.begin(), line.end(), is_control)) {
      throw BadRequest{400, "a control character in the head"};
    }
    begin = feed + 1;
    if (line.empty() && lines == 0) throw BadRequest{400, "an empty request line"};
    if (line.empty()) return begin;
    if (lines > kMaxFields) throw BadRequest{431, "too many fields"};
    if (lines > 0) check_field(line);
    ++lines;
  }
}

}  // namespace marquee::serving
