#include "policy/experiment/report_parts.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "evaluation/report/line_plot.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"
#include "evaluation/report/svg.h"

namespace marquee::policy {

using evaluation::escape;

std::string number(double value) { return general(value, 4); }
std::string percent(double share) { return fixed(100 * share, 2) + " %"; }
std::string signed_percent(double share) { return evaluation::signed_percent(share, 2); }
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

std::string daily_plot(const ExperimentReport& report) {
  if (report.daily_hours.empty()) return "";
  double most = 0;
  for (const auto& hours : report.daily_hours) most = std::max(most, std::ranges::max(hours));
  const auto last = static_cast<double>(report.daily_hours.front().size() - 1);
  evaluation::LinePlot lines("Hours by day", {.end = last, .most = most});
  for (size_t arm = 0; arm < report.arms.size(); ++arm) {
    std::vector<std::pair<double, double>> points;
    for (const double hours : report.daily_hours[arm])
      points.emplace_back(static_cast<double>(points.size()), hours);
    lines.add(report.arms[arm], std::move(points));
  }
  return lines.finish("Watched by a member who takes part, by day of the simulation.");
}

std::string survival_plot(const ExperimentReport& report, const MetricResult& metric) {
  if (metric.curves.empty()) return "";
  double least = 1;
  for (const auto& curve : metric.curves) {
    least = std::min(least, survival_at(curve, metric.config.horizon));
  }
  evaluation::LinePlot lines(metric.name, {.end = metric.config.horizon, .least = least});
  for (size_t arm = 0; arm < metric.curves.size(); ++arm) {
    std::vector<std::pair<double, double>> points;
    double survival = 1;
    for (const SurvivalPoint& point : metric.curves[arm]) {
      if (point.time > metric.config.horizon) break;
      points.emplace_back(point.time, survival);
      survival = point.survival;
      points.emplace_back(point.time, survival);
    }
    points.emplace_back(metric.config.horizon, survival);
    lines.add(report.arms[arm], std::move(points));
  }
  return lines.finish("Share of members left, by time (Kaplan–Meier).");
}

std::string surrogate_text(const SurrogateQuality& quality) {
  std::string text = cat(
      "in the past experiment what was known early explained ", fixed(100 * quality.explained, 0),
      " % of the variance between members; of ", quality.arms, quality.arms == 1 ? " arm" : " arms",
      " it said of ", quality.agreed, " what was found later");
  if (quality.better > 0) {
    text += cat(", and found ", quality.recalled, " of the ", quality.better, " that were better");
  }
  return text;
}

// "ials is preferred to two_tower: ..."
std::string preference_text(const Preference& each) {
  const bool sure = each.share.p < 1 && (each.share.low > 0 || each.share.high < 0);
  const size_t better = each.share.value > 0 ? 1 : 0;
  std::string text =
      sure ? cat(each.arms[better], " is preferred to ", each.arms[1 - better])
           : cat("Neither ", each.arms[0], " nor ", each.arms[1], " is surely preferred");
  text += cat(": of ", grouped(std::lround(each.members)), " members with interleaved pages, ",
              signed_percent(each.share.value), " (", range(each.share), ") more of the hours for ",
              each.arms[1]);
  if (each.needed > 0) {
    text += cat("; this takes ", grouped(std::lround(std::ceil(each.needed))), " members");
  }
  if (each.needed > 0 && each.needed_apart > 0) {
    text +=
        cat(", and ", each.metric, " of arms kept apart ",
            grouped(std::lround(std::ceil(each.needed_apart))), ", ",
            fixed(each.needed_apart / each.needed, each.needed_apart < 10 * each.needed ? 1 : 0),
            " times as many");
  }
  return text + ".";
}

std::string preference_section(const ExperimentReport& report) {
  if (!report.preference) return "";
  return cat("<section><h2 id=\"interleaving\">Interleaving</h2>\n<p>",
             escape(preference_text(*report.preference)),
             "</p><p class=\"note\">Members of interleaved pages are in no arm. The share is the "
             "mean over them of (hours of the second arm's titles − hours of the first's) / both. "
             "It orders two rankers with few members; whether members stay, arms that are kept "
             "apart say.</p></section>\n");
}

}  // namespace marquee::policy
