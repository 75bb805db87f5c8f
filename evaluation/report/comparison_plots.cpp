// Plots that compare models as points: one quantity against another.
#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"
#include "evaluation/report/plots.h"

namespace marquee::evaluation {

namespace {

constexpr double kLeft = 47, kRight = kPlotWidth - 14, kTop = 10, kBottom = 210;
constexpr int kCutOffs[] = {1, 5, 10, 20, 50, 100};

struct Point {
  size_t series;
  double across;
  const Interval* up;
};

Scale upwards(const std::vector<Point>& points) {
  double high = 0;
  for (const Point& point : points) high = std::max(high, point.up->high);
  return placed(round_scale(0, high, 4), kBottom, kTop);
}

void draw_point(Svg& svg, const Point& point, const Scale& x, const Scale& y,
                const std::string& text) {
  const double at = x(point.across);
  svg.line(at, y(point.up->low), at, y(point.up->high), "whisker " + series_class(point.series));
  svg.marker(at, y(point.up->value), point.series, text);
}

std::string point_text(const Report& report, const Point& point, const std::string& cost) {
  return cat(report.bundles[point.series].label, ": NDCG@10 ",
             value_text("ndcg@10", point.up->value), ", ", cost);
}

}  // namespace

std::string cutoff_plot(const Report& report) {
  std::vector<Point> points;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    for (const int k : kCutOffs) {
      const Interval* own = report.bundles[i].find("full_rank", cat("ndcg@", k));
      if (own != nullptr) points.push_back({i, std::log(k), own});
    }
  }
  if (points.empty()) return "";
  const Scale y = upwards(points);
  Scale x;
  x.to = std::log(100);
  x = placed(x, kLeft + 12, kRight - 6);
  const std::string title = "NDCG by length of list";
  Svg svg(kPlotWidth, kBottom + 24, title, "NDCG over all titles at six cutoffs, for each model.");
  draw_rows(svg, y, kLeft, kRight);
  for (const int k : kCutOffs) svg.text(x(std::log(k)), kBottom + 17, cat(k), "middle");
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    std::vector<std::pair<double, double>> line;
    for (const Point& point : points) {
      if (point.series == i) line.emplace_back(x(point.across), y(point.up->value));
    }
    svg.path(line, "curve " + series_class(i));
  }
  for (const Point& point : points) {
    svg.marker(
        x(point.across), y(point.up->value), point.series,
        cat(report.bundles[point.series].label, ", first ", std::lround(std::exp(point.across)),
            ": ", value_text("ndcg@10", point.up->value), " (", range_text("ndcg@10", *point.up),
            ")"));
  }
  return html_figure(title,
                     "<span>Titles shown. Where lines cross, the length of the row decides which "
                     "model is better.</span>",
                     svg.finish() + legend(report));
}

std::string trade_off_plot(const Report& report) {
  std::vector<Point> points;
  double low = 1, high = 0;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    const Interval* ndcg = report.bundles[i].find("full_rank", "ndcg@10");
    const Interval* diversity = report.bundles[i].find("beyond_accuracy", "diversity@10");
    if (ndcg == nullptr || diversity == nullptr) continue;
    points.push_back({i, diversity->value, ndcg});
    low = std::min(low, diversity->value);
    high = std::max(high, diversity->value);
  }
  if (points.size() < 2) return "";
  const Scale y = upwards(points);
  const double margin = std::max(0.02, (high - low) * 0.1);
  const Scale x = placed(round_scale(std::max(0.0, low - margin), high + margin, 5), kLeft, kRight);
  const std::string title = "Accuracy against diversity";
  Svg svg(kPlotWidth, kBottom + 40, title,
          "A point for each model: NDCG@10 upwards, diversity@10 "
          "to the right.");
  draw_rows(svg, y, kLeft, kRight);
  for (const double tick : x.ticks) svg.text(x(tick), kBottom + 17, tick_text(x, tick), "middle");
  svg.text(kRight, kBottom + 34, "diversity@10", "end", "label");
  for (const Point& point : points) {
    draw_point(svg, point, x, y,
               point_text(report, point, "diversity@10 " + fixed(point.across, 3)));
  }
  return html_figure(title,
                     "<span>NDCG@10 over all titles. A model above and to the right of another is "
                     "better in both.</span>",
                     svg.finish() + legend(report));
}

std::string cost_plot(const Report& report) {
  std::vector<Point> points;
  double least = 1e300, most = 0;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    const Interval* ndcg = report.bundles[i].find("full_rank", "ndcg@10");
    const auto& curve = report.bundles[i].curve;
    if (ndcg == nullptr || !curve || curve->seconds <= 0) continue;
    points.push_back({i, std::log10(curve->seconds), ndcg});
    least = std::min(least, points.back().across);
    most = std::max(most, points.back().across);
  }
  if (points.size() < 2) return "";
  const Scale y = upwards(points);
  Scale x;
  x.from = std::floor(least);
  x.to = std::max(std::ceil(most), x.from + 1);
  x = placed(x, kLeft, kRight);
  const std::string title = "Training time against quality";
  Svg svg(kPlotWidth, kBottom + 40, title,
          "A point for each model: NDCG@10 upwards, seconds of "
          "training to the right, each mark ten times the last.");
  draw_rows(svg, y, kLeft, kRight);
  for (double power = x.from; power <= x.to; ++power) {
    svg.text(x(power), kBottom + 17, human_duration(std::pow(10, power)), "middle");
  }
  svg.text(kRight, kBottom + 34, "training time", "end", "label");
  for (const Point& point : points) {
    draw_point(svg, point, x, y,
               point_text(report, point, human_duration(std::pow(10, point.across))));
  }
  return html_figure(title,
                     "<span>NDCG@10 over all titles, and what one run of training took on its own "
                     "machine.</span>",
                     svg.finish() + legend(report));
}

}  // namespace marquee::evaluation
