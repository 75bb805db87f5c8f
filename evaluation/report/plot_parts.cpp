#include "evaluation/report/plot_parts.h"

#include "core/text.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

std::string html_figure(const std::string& title, const std::string& caption,
                        const std::string& body) {
  return cat("<figure><figcaption><strong>", escape(title), "</strong> ", caption, "</figcaption>",
             body, "</figure>\n");
}

std::string legend(const Report& report, const std::string& more) {
  std::string items;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    items += cat("<li>", legend_marker(i), escape(report.bundles[i].label), "</li>");
  }
  return "<ul class=\"legend\">" + items + more + "</ul>";
}

void draw_rows(Svg& svg, const Scale& y, double left, double right) {
  for (const double tick : y.ticks) {
    svg.line(left, y(tick), right, y(tick), tick == y.from ? "axis" : "grid");
    svg.text(left - 6, y(tick) + 4, tick_text(y, tick), "end");
  }
}

Scale placed(Scale scale, double begin, double end) {
  scale.begin = begin;
  scale.end = end;
  return scale;
}

}  // namespace marquee::evaluation
