#include "evaluation/report/svg.h"

#include <cmath>

#include "core/text.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

constexpr size_t kSeries = 8;
constexpr double kRadius = 4.2;

std::string at(double place) { return fixed(place, 1); }

// Shapes differ as colours do, so that series differ on a page printed in grey.
std::string shape(double x, double y, size_t series) {
  const double r = kRadius;
  const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
    std::string points;
    for (const auto& [dx, dy] : corners) points += at(x + dx * r) + ',' + at(y + dy * r) + ' ';
    points.pop_back();
    return cat("<polygon points=\"", points, "\" class=\"mark ", series_class(series), "\"");
  };
  switch (series % 5) {
    case 0:
      return cat("<circle cx=\"", at(x), "\" cy=\"", at(y), "\" r=\"", at(r), "\" class=\"mark ",
                 series_class(series), "\"");
    case 1:
      return polygon({{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}});
    case 2:
      return polygon({{0, -1.15}, {1.1, .85}, {-1.1, .85}});
    case 3:
      return polygon({{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}});
    default:
      return polygon({{-1.1, -.85}, {1.1, -.85}, {0, 1.15}});
  }
}

}  // namespace

Scale round_scale(double low, double high, int ticks) {
  if (!(high > low)) high = low + 1;
  const double rough = (high - low) / ticks;
  const double magnitude = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * magnitude;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * magnitude >= rough * 0.999) {
      step = factor * magnitude;
      break;
    }
  }
  Scale scale;
  scale.from = std::floor(low / step + 1e-9) * step;
  scale.to = std::ceil(high / step - 1e-9) * step;
  const auto steps = static_cast<int>(std::lround((scale.to - scale.from) / step));
  for (int i = 0; i <= steps; ++i) scale.ticks.push_back(scale.from + i * step);
  return scale;
}

std::string tick_text(const Scale& scale, double tick) {
  const double step = scale.ticks.size() > 1 ? scale.ticks[1] - scale.ticks[0] : 1;
  for (int digits = 0; digits < 6; ++digits) {
    const double unit = std::pow(10, -digits);
    if (std::abs(step / unit - std::round(step / unit)) < 1e-6) return fixed(tick + 1e-12, digits);
  }
  return general(tick);
}

std::string series_class(size_t series) { return cat("s", series % kSeries); }

std::string legend_marker(size_t series) {
  return "<svg class=\"key\" viewBox=\"0 0 14 14\" aria-hidden=\"true\">" + shape(7, 7, series) +
         "/></svg>";
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description)
    : svg_(cat("<svg class=\"plot\" viewBox=\"0 0 ", at(width), ' ', at(height),
               "\" role=\"img\" aria-label=\"", escape(title), ". ", escape(description),
               "\"><title>", escape(title), "</title><desc>", escape(description), "</desc>")) {}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
  svg_ += cat("<line x1=\"", at(x1), "\" y1=\"", at(y1), "\" x2=\"", at(x2), "\" y2=\"", at(y2),
              "\" class=\"", style, "\"/>");
}

void Svg::path(const std::vector<std::pair<double, double>>& points, std::string_view style) {
  if (points.size() < 2) return;
  std::string places;
  for (const auto& [x, y] : points) places += at(x) + ',' + at(y) + ' ';
  places.pop_back();
  svg_ += cat("<polyline points=\"", places, "\" class=\"", style, "\"/>");
}

void Svg::text(double x, double y, std::string_view text, std::string_view anchor,
               std::string_view style) {
  svg_ += cat("<text x=\"", at(x), "\" y=\"", at(y), "\" text-anchor=\"", anchor, "\"");
  if (!style.empty()) svg_ += cat(" class=\"", style, "\"");
  svg_ += cat('>', escape(text), "</text>");
}

void Svg::marker(double x, double y, size_t series, std::string_view hover) {
  const std::string drawn = shape(x, y, series);
  const std::string element = drawn.substr(1, drawn.find(' ') - 1);
  svg_ += cat(drawn, "><title>", escape(hover), "</title></", element, '>');
}

std::string Svg::finish() { return svg_ + "</svg>"; }

}  // namespace marquee::evaluation
