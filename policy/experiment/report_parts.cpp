#include "policy/experiment/report_parts.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"
#include "evaluation/report/svg.h"

namespace marquee::policy {

using evaluation::escape;

std::string number(double value) { return general(value, 4); }
std::string percent(double share) { return fixed(100 * share, 2) + " %"; }
std::string signed_percent(double share) { return (share > 0 ? "+" : "") + percent(share); }
std::string range(const Difference& d) {
  return signed_percent(d.low) + " to " + signed_percent(d.high);
}
std::string p_text(double p) { return p < 1e-4 ? "< 0.0001" : fixed(p, 4); }

// Relative differences with their intervals, a line each.
std::string lifts_plot(const ExperimentReport& report) {
  struct Line {
    std::string label;
    const Comparison* comparison;
  };
  std::vector<Line> lines;
  double most = 0.01;
  for (const MetricResult& metric : report.metrics) {
    for (const Comparison& each : metric.comparisons) {
      lines.push_back({cat(metric.name, ", ", each.arm), &each});
      most = std::max({most, std::abs(each.relative.low), std::abs(each.relative.high)});
    }
  }
  if (lines.empty()) return "";
  constexpr double kLeft = 150, kRight = 385, kStep = 26;
  const double bottom = 14 + kStep * static_cast<double>(lines.size());
  const auto x = [&](double lift) {
    return (kLeft + kRight) / 2 + lift / most * (kRight - kLeft) / 2;
  };
  evaluation::Svg svg(evaluation::kPlotWidth, bottom + 26, "Differences from the control",
                      "Relative difference of each metric and arm with its interval");
  svg.line(x(0), 6, x(0), bottom, "axis");
  for (const double end : {-most, most})
    svg.text(x(end), bottom + 18, signed_percent(end), "middle");
  svg.text(x(0), bottom + 18, "0", "middle");
  for (size_t i = 0; i < lines.size(); ++i) {
    const double y = 20 + kStep * static_cast<double>(i);
    const Difference& lift = lines[i].comparison->relative;
    svg.text(kLeft - 8, y + 4, lines[i].label, "end");
    svg.line(x(lift.low), y, x(lift.high), y, "whisker s0");
    svg.marker(x(lift.value), y, 0,
               cat(lines[i].label, ": ", signed_percent(lift.value), " (", range(lift), ")"));
  }
  return evaluation::html_figure("Differences from the control",
                                 "<span>Relative, with their intervals.</span>", svg.finish());
}

std::string survival_plot(const ExperimentReport& report, const MetricResult& metric) {
  if (metric.curves.empty()) return "";
  constexpr double kLeft = 50, kRight = 385, kTop = 14, kBottom = 180;
  const auto y = evaluation::placed(evaluation::round_scale(0, 1, 4), kBottom, kTop);
  const auto x =
      evaluation::placed(evaluation::round_scale(0, metric.config.horizon, 5), kLeft, kRight);
  evaluation::Svg svg(evaluation::kPlotWidth, 216, metric.name, "Share of members left by time");
  evaluation::draw_rows(svg, y, kLeft, kRight);
  for (const double tick : x.ticks) {
    svg.text(x(tick), kBottom + 18, evaluation::tick_text(x, tick), "middle");
  }
  std::string legend;
  for (size_t arm = 0; arm < metric.curves.size(); ++arm) {
    std::vector<std::pair<double, double>> points;
    double survival = 1;
    for (const SurvivalPoint& point : metric.curves[arm]) {
      if (point.time > metric.config.horizon) break;
      points.emplace_back(x(point.time), y(survival));
      survival = point.survival;
      points.emplace_back(x(point.time), y(survival));
    }
    points.emplace_back(x(metric.config.horizon), y(survival));
    svg.path(points, "curve " + evaluation::series_class(arm));
    legend += cat("<li>", evaluation::legend_marker(arm), escape(report.arms[arm]), "</li>");
  }
  return evaluation::html_figure(metric.name,
                                 "<span>Share of members left, by time (Kaplan–Meier).</span>",
                                 svg.finish() + "<ul class=\"legend\">" + legend + "</ul>");
}

}  // namespace marquee::policy
