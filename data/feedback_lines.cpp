#include "data/feedback_lines.h"

#include <boost/crc.hpp>
#include <charconv>
#include <cstdio>

namespace marquee::data {

namespace {

constexpr size_t kPrefix = 9;  // checksum and space

uint32_t checksum(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

}  // namespace

std::string checked_line(std::string_view json) {
  char prefix[kPrefix + 1];
  std::snprintf(prefix, sizeof prefix, "%08x ", checksum(json));
  std::string line(prefix, kPrefix);
  line.append(json);
  line += '\n';
  return line;
}

std::string_view json_of(std::string_view line) {
  if (line.size() <= kPrefix || line[kPrefix - 1] != ' ') return {};
  uint32_t written = 0;
  const char* end = line.data() + kPrefix - 1;
  const auto [stopped, code] = std::from_chars(line.data(), end, written, 16);
  if (code != std::errc() || stopped != end) return {};
  const std::string_view json = line.substr(kPrefix);
  return checksum(json) == written ? json : std::string_view();
}

size_t whole_lines(std::string_view text) {
  size_t whole = 0;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', whole)) {
    if (json_of(text.substr(whole, end - whole)).empty()) break;
    whole = end + 1;
  }
  return whole;
}

}  // namespace marquee::data
