#include "evaluation/report/plots.h"

#include <algorithm>

#include "core/text.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"

namespace marquee::evaluation {

namespace {

constexpr int64_t kMinUsers = 20;  // intervals of smaller slices do not stretch the axis

using Points = std::vector<std::pair<double, double>>;

std::string hover_text(const std::string& label, const std::string& metric,
                       const Interval& interval) {
  return cat(label, ": ", value_text(metric, interval.value), " (", range_text(metric, interval),
             ")");
}

}  // namespace

std::string metric_plot(const Report& report, const MetricName& metric) {
  struct Row {
    size_t series;
    const BundleResult* bundle;
    const Interval* interval;
  };
  std::vector<Row> rows;
  double low = 1e300, high = 0;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    const Interval* own = report.bundles[i].find(metric.protocol, metric.metric);
    if (own == nullptr) continue;
    rows.push_back({i, &report.bundles[i], own});
    low = std::min(low, own->low);
    high = std::max(high, own->high);
  }
  if (rows.empty()) return "";
  constexpr double kTop = 6, kRow = 40, kLeft = 16, kRight = kPlotWidth - 14;
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  const Scale x = placed(round_scale(metric.lower_is_better ? low : 0, high, 4), kLeft, kRight);
  const std::string title = display_name(metric.metric) + " by model";
  Svg svg(kPlotWidth, bottom + 24, title,
          "A point for each model with a line for its 95 % interval; the table above has the "
          "numbers.");
  for (const double tick : x.ticks) {
    svg.line(x(tick), kTop, x(tick), bottom, tick == x.from ? "axis" : "grid");
    svg.text(x(tick), bottom + 17, tick_text(x, tick), "middle");
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& [series, bundle, interval] = rows[i];
    const double y = kTop + kRow * static_cast<double>(i) + 28;
    const std::string style = "whisker " + series_class(series);
    svg.text(kLeft + 6, y - 11, bundle->label, "start", "label");
    svg.text(kRight, y - 11, value_text(metric.metric, interval->value), "end", "label number");
    svg.line(x(interval->low), y, x(interval->high), y, style);
    svg.marker(x(interval->value), y, series, hover_text(bundle->label, metric.metric, *interval));
  }
  return html_figure(title, cat("<span>", protocol_name(metric.protocol), "</span>"), svg.finish());
}

std::string slice_plot(const Report& report, std::string_view kind, const std::string& title,
                       const std::string& caption) {
  const SliceKind* first = find_kind(report.bundles.front().slices, kind);
  if (first == nullptr) return "";
  const auto& bins = first->slices;
  const auto slice_of = [&](const BundleResult& bundle, size_t bin) -> const Slice& {
    return find_kind(bundle.slices, kind)->slices[bin];
  };
  std::vector<size_t> shown;
  double high = 0;
  for (size_t bin = 0; bin < bins.size(); ++bin) {
    if (bins[bin].n == 0) continue;
    shown.push_back(bin);
    for (const BundleResult& bundle : report.bundles) {
      const Slice& slice = slice_of(bundle, bin);
      high = std::max(high, slice.n >= kMinUsers ? slice.ndcg.high : slice.ndcg.value);
    }
  }
  constexpr double kLeft = 47, kRight = kPlotWidth - 6, kTop = 10, kBottom = 210;
  const Scale y = placed(round_scale(0, high, 4), kBottom, kTop);
  Svg svg(kPlotWidth, kBottom + 38, title,
          "NDCG@10 with 95 % intervals for each slice and model; the tables below have the "
          "numbers.");
  draw_rows(svg, y, kLeft, kRight);
  const double slot = (kRight - kLeft) / static_cast<double>(shown.size());
  const double step = slot * 0.7 / static_cast<double>(report.bundles.size());
  for (size_t place = 0; place < shown.size(); ++place) {
    const double middle = kLeft + slot * (static_cast<double>(place) + 0.5);
    svg.text(middle, kBottom + 17, bins[shown[place]].name, "middle", "label");
    svg.text(middle, kBottom + 32, grouped(bins[shown[place]].n), "middle");
    for (size_t i = 0; i < report.bundles.size(); ++i) {
      const Interval& ndcg = slice_of(report.bundles[i], shown[place]).ndcg;
      const double x = middle + step * (static_cast<double>(i) -
                                        0.5 * static_cast<double>(report.bundles.size() - 1));
      svg.line(x, y(ndcg.low), x, y(std::min(ndcg.high, y.to)), "whisker " + series_class(i));
      svg.marker(x, y(ndcg.value), i, hover_text(report.bundles[i].label, "ndcg@10", ndcg));
    }
  }
  return html_figure(title, caption, svg.finish() + legend(report));
}

std::string popularity_plot(const Report& report) {
  constexpr double kLeft = 47, kRight = kPlotWidth - 10, kTop = 10, kBottom = 210;
  double high = 0.2;
  for (const double share : report.watched_next) high = std::max(high, share);
  for (const BundleResult& bundle : report.bundles) {
    for (const double share : bundle.recommended) high = std::max(high, share);
  }
  const Scale y = placed(round_scale(0, 100 * high, 5), kBottom, kTop);
  const auto x = [](size_t group) {
    return kLeft + 14 + (kRight - kLeft - 24) * static_cast<double>(group) / 9;
  };
  const std::string title = "Popularity of what is recommended";
  Svg svg(kPlotWidth, kBottom + 24, title,
          "Share of recommendations in ten groups of titles from the least to the most popular, "
          "each with a tenth of all interactions, for each model; and of what users watched next.");
  draw_rows(svg, y, kLeft, kRight);
  svg.line(kLeft, y(10), kRight, y(10), "reference");
  svg.text(x(0), kBottom + 17, "least popular", "start");
  svg.text(x(9), kBottom + 17, "most popular", "end");
  Points next;
  for (size_t group = 0; group < 10; ++group) {
    next.emplace_back(x(group), y(100 * report.watched_next[group]));
  }
  svg.path(next, "curve next");
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    Points points;
    for (size_t group = 0; group < 10; ++group) {
      points.emplace_back(x(group), y(100 * report.bundles[i].recommended[group]));
    }
    svg.path(points, "curve " + series_class(i));
    for (size_t group = 0; group < 10; ++group) {
      svg.marker(points[group].first, points[group].second, i,
                 cat(report.bundles[i].label, ": ", percent(report.bundles[i].recommended[group])));
    }
  }
  return html_figure(
      title,
      "<span>Per cent of top-ten places by group of titles. Each group has a tenth of all "
      "interactions: a model that recommends each title as often as users watch it follows the "
      "dashed line.</span>",
      svg.finish() + legend(report, "<li><span class=\"band\"></span>watched next</li>"));
}

namespace {

// One quantity over steps, as the upper or lower half of the training plot.
// Where a curve is drawn: across by `x`, upwards between two edges.
struct CurveArea {
  const Scale& x;
  double top, bottom;
};

void draw_curve(Svg& svg, const TrainingCurve& curve, size_t series,
                std::optional<double> TrainingCurve::Point::*what, const CurveArea& area) {
  const Scale& x = area.x;
  double low = 1e300, high = -1e300;
  for (const auto& point : curve.points) {
    if (!(point.*what)) continue;
    low = std::min(low, *(point.*what));
    high = std::max(high, *(point.*what));
  }
  if (low > high) return;
  const Scale y = placed(round_scale(low, high, 3), area.bottom, area.top);
  draw_rows(svg, y, x.begin, x.end);
  Points points;
  for (const auto& point : curve.points) {
    if (point.*what) points.emplace_back(x(static_cast<double>(point.step)), y(*(point.*what)));
  }
  svg.path(points, "curve " + series_class(series));
  for (const auto& point : curve.points) {
    if (!(point.*what) || point.step != curve.best_step) continue;
    svg.marker(x(static_cast<double>(point.step)), y(*(point.*what)), series,
               cat("step ", point.step, ": ", fixed(*(point.*what), 4)));
  }
}

}  // namespace

std::string training_plot(const BundleResult& bundle, size_t series) {
  if (!bundle.curve || bundle.curve->points.size() < 2) return "";
  const TrainingCurve& curve = *bundle.curve;
  constexpr double kLeft = 48, kRight = kPlotWidth - 10;
  Scale x;
  x.from = static_cast<double>(curve.points.front().step);
  x.to = static_cast<double>(std::max(curve.points.back().step, curve.points.front().step + 1));
  x = placed(x, kLeft, kRight);
  const std::string title = "Training of " + bundle.label;
  Svg svg(kPlotWidth, 252, title,
          "Above, the training loss over steps; below, NDCG@10 on the validation part. A marker "
          "is at the step that was kept.");
  svg.text(kLeft, 12, "training loss", "start", "label");
  draw_curve(svg, curve, series, &TrainingCurve::Point::loss, {x, 22, 106});
  svg.text(kLeft, 132, "validation NDCG@10", "start", "label");
  draw_curve(svg, curve, series, &TrainingCurve::Point::valid_ndcg, {x, 142, 226});
  svg.text(kLeft, 246, "step " + grouped(curve.points.front().step), "start");
  svg.text(kRight, 246, grouped(curve.points.back().step), "end");
  return html_figure(
      title,
      cat("<span>The marker is the step that was kept (", grouped(curve.best_step), ").</span>"),
      svg.finish());
}

}  // namespace marquee::evaluation
