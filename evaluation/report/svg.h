// A small drawing of axes, points and lines as inline SVG. Colours and fonts come from the page's
// style, series by their classes s0, s1, ..., so that dark mode and print need nothing here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marquee::evaluation {

// From values to places on the page.
struct Scale {
  double from = 0, to = 1;    // values
  double begin = 0, end = 1;  // places
  std::vector<double> ticks;

  double operator()(double value) const {
    return begin + (value - from) / (to - from) * (end - begin);
  }
};

// From 0, or `low`, to a round number at or above `high`, with about `ticks` ticks.
Scale round_scale(double low, double high, int ticks);

// Enough digits that neighbouring ticks differ.
std::string tick_text(const Scale& scale, double tick);

class Svg {
 public:
  // For screen readers: a title and a description of what is to be seen.
  Svg(double width, double height, std::string_view title, std::string_view description);

  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void path(const std::vector<std::pair<double, double>>& points, std::string_view style);
  // anchor: "start", "middle" or "end".
  void text(double x, double y, std::string_view text, std::string_view anchor,
            std::string_view style = "");
  // The series' own shape, with a text that a pointer shows.
  void marker(double x, double y, size_t series, std::string_view hover);

  std::string finish();

 private:
  std::string svg_;
};

std::string series_class(size_t series);   // "s0" to "s7", then again from "s0"
std::string legend_marker(size_t series);  // its shape as an image of text height

}  // namespace marquee::evaluation
