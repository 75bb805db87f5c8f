#include "data/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "core/text.h"
#include "data/limits.h"

namespace marquee::data {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Number>
std::optional<Number> converted(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Consumes what it reads from the front of `text`.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool next_is_digit() const { return !done() && is_digit(text_.front()); }
  bool take(char wanted) {
    if (done() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits; -1 where there are fewer.
  int number(size_t digits) {
    if (text_.size() < digits) return -1;
    int value = 0;
    for (const char c : text_.substr(0, digits)) {
      if (!is_digit(c)) return -1;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  void skip_digits() {
    while (next_is_digit()) text_.remove_prefix(1);
  }

 private:
  std::string_view text_;
};

std::optional<int64_t> seconds_of_day(Scanner& scan) {
  const int hour = scan.number(2);
  const int minute = scan.take(':') ? scan.number(2) : -1;
  int second = 0;
  if (scan.take(':')) {
    second = scan.number(2);
    if (scan.take('.') || scan.take(',')) {
      if (!scan.next_is_digit()) return std::nullopt;
      scan.skip_digits();
    }
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  return (hour * 60 + minute) * 60 + second;
}

// Z, +01:00, +0100, +01 or nothing; in seconds east of UTC.
std::optional<int64_t> zone_offset(Scanner& scan) {
  if (scan.done() || scan.take('Z') || scan.take('z')) return 0;
  const bool west = scan.take('-');
  if (!west && !scan.take('+')) return std::nullopt;
  const int hour = scan.number(2);
  const bool colon = scan.take(':');
  const int minute = scan.done() && !colon ? 0 : scan.number(2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  const int64_t offset = (hour * 60 + minute) * 60;
  return west ? -offset : offset;
}

std::optional<int64_t> parse_iso8601(std::string_view text) {
  using namespace std::chrono;
  Scanner scan(text);
  const int y = scan.number(4);
  const int m = scan.take('-') ? scan.number(2) : -1;
  const int d = scan.take('-') ? scan.number(2) : -1;
  if (y < 1 || m < 1 || d < 1) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  const int64_t midnight = sys_days(date).time_since_epoch().count() * int64_t{86'400};
  if (scan.done()) return midnight;
  if (!scan.take('T') && !scan.take('t') && !scan.take(' ')) return std::nullopt;
  const auto seconds = seconds_of_day(scan);
  if (!seconds) return std::nullopt;
  const auto east = zone_offset(scan);
  if (!east || !scan.done()) return std::nullopt;
  return midnight + *seconds - *east;
}

std::optional<int64_t> in_range(int64_t time) {
  if (time < kMinTime || time > kMaxTime) return std::nullopt;
  return time;
}

}  // namespace

std::optional<float> parse_number(std::string_view text) {
  // Up to 7 digits are exact in a float and so is the power of ten: one division rounds correctly
  // (Clinger 1990). Nearly every rating takes this path.
  static constexpr std::array<float, 8> kPowers = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f};
  if (!text.empty() && text.size() <= 7 && is_digit(text.front()) && is_digit(text.back())) {
    uint32_t digits = 0;
    size_t decimals = 0;
    size_t i = 0;
    for (; i < text.size(); ++i) {
      if (is_digit(text[i])) {
        digits = digits * 10 + static_cast<uint32_t>(text[i] - '0');
      } else if (text[i] == '.' && decimals == 0) {
        decimals = text.size() - 1 - i;
      } else {
        break;
      }
    }
    if (i == text.size()) return static_cast<float>(digits) / kPowers[decimals];
  }
  const auto value = converted<float>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> parse_double(std::string_view text) {
  const auto value = converted<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<int64_t> parse_whole(std::string_view text) {
  const size_t point = text.find('.');
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    if (decimals.empty() || decimals.find_first_not_of('0') != std::string_view::npos) {
      return std::nullopt;
    }
    text = text.substr(0, point);
  }
  return converted<int64_t>(text);
}

std::optional<int64_t> parse_time(std::string_view text) {
  if (!text.empty() && text.size() <= 11 && std::all_of(text.begin(), text.end(), is_digit)) {
    int64_t seconds = 0;
    for (const char c : text) seconds = seconds * 10 + (c - '0');
    return seconds;
  }
  if (const auto whole = converted<int64_t>(text)) return in_range(*whole);
  if (const auto decimal = converted<double>(text)) {
    if (!(std::abs(*decimal) < 1e15)) return std::nullopt;
    return in_range(static_cast<int64_t>(std::floor(*decimal)));
  }
  const auto time = parse_iso8601(text);
  return time ? in_range(*time) : std::nullopt;
}

uint16_t second_fraction(std::string_view time) {
  constexpr double kSteps = 65'536;
  const size_t point = time.find('.');
  if (point == std::string_view::npos) return 0;
  if (const auto decimal = converted<double>(time)) {
    // Digits are read one by one: a double has too few for microseconds of this century.
    if (time.find_first_of("eE") != std::string_view::npos) {
      return static_cast<uint16_t>((*decimal - std::floor(*decimal)) * kSteps);
    }
  }
  double fraction = 0, place = 0.1;
  for (size_t i = point + 1; i < time.size() && is_digit(time[i]); ++i, place /= 10) {
    fraction += place * (time[i] - '0');
  }
  const bool before_1970 = time.starts_with('-') && fraction > 0;  // of Unix seconds
  return static_cast<uint16_t>(
      std::min(kSteps - 1, (before_1970 ? 1 - fraction : fraction) * kSteps));
}

std::string too_long(size_t most_bytes) {
  return cat("longer than ", most_bytes, " bytes; shorten it");
}

std::string_view time_advice(std::string_view text) {
  const auto number = converted<double>(text);
  if (number && std::abs(*number) > static_cast<double>(kMaxTime)) {
    return "beyond the year 9999, so probably milliseconds or finer; give Unix seconds";
  }
  return "not a time; give Unix seconds or ISO 8601, such as 964982703 or 2000-07-30T18:45:03Z";
}

}  // namespace marquee::data
