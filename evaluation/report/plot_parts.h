// What all plots of the page share.
#pragma once

#include <string>

#include "evaluation/report/report.h"
#include "evaluation/report/svg.h"

namespace marquee::evaluation {

inline constexpr double kPlotWidth = 400;

// <figure> with its caption: a title in bold, then the caption.
std::string html_figure(const std::string& title, const std::string& caption,
                        const std::string& body);

// The bundles with their markers; `more` is a further <li>.
std::string legend(const Report& report, const std::string& more = "");

// Horizontal grid with its numbers on the left.
void draw_rows(Svg& svg, const Scale& y, double left, double right);

Scale placed(Scale scale, double begin, double end);

}  // namespace marquee::evaluation
