#include "evaluation/report/line_plot.h"

#include "core/text.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"

namespace marquee::evaluation {

namespace {

constexpr double kLeft = 50, kRight = 385, kTop = 14, kBottom = 180, kHeight = 216;

}  // namespace

LinePlot::LinePlot(std::string title, const Range& range)
    : title_(std::move(title)),
      y_(placed(round_scale(range.least, range.most, 4), kBottom, kTop)),
      x_(placed(round_scale(0, range.end, 5), kLeft, kRight)),
      svg_(kPlotWidth, kHeight, title_, title_ + ", a line each") {
  draw_rows(svg_, y_, kLeft, kRight);
  for (const double tick : x_.ticks) {
    svg_.text(x_(tick), kBottom + 18, tick_text(x_, tick), "middle");
  }
}

void LinePlot::add(const std::string& name, std::vector<std::pair<double, double>> points) {
  for (auto& [at, value] : points) {
    at = x_(at);
    value = y_(value);
  }
  svg_.path(points, "curve " + series_class(lines_));
  legend_ += cat("<li>", legend_marker(lines_), escape(name), "</li>");
  ++lines_;
}

std::string LinePlot::finish(const std::string& note) {
  return html_figure(title_, note.empty() ? "" : cat("<span>", escape(note), "</span>"),
                     svg_.finish() + "<ul class=\"legend\">" + legend_ + "</ul>");
}

}  // namespace marquee::evaluation
