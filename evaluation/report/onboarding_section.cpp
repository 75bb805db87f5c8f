#include "evaluation/report/onboarding_section.h"

#include <algorithm>

#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/report/interval_json.h"
#include "evaluation/report/line_plot.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

constexpr const char* kWays[] = {"questions by the model", "the most popular titles as questions",
                                 "first events instead of answers", "whole history"};

std::string cell(const Interval& interval) {
  return cat("<td>", fixed(interval.value, 4), "<small>", fixed(interval.low, 4), " to ",
             fixed(interval.high, 4), "</small></td>");
}

std::string plot(const BundleResult& bundle) {
  const OnboardingCurve& curve = *bundle.onboarding;
  double most = curve.full.value;
  for (const OnboardingPoint& each : curve.points) {
    most = std::max({most, each.asked.value, each.popular.value, each.events.value});
  }
  LinePlot plot(bundle.label + ": NDCG@10 by answers",
                {.end = static_cast<double>(curve.points.back().questions), .most = most});
  for (size_t way = 0; way < std::size(kWays); ++way) {
    std::vector<std::pair<double, double>> points;
    for (const OnboardingPoint& each : curve.points) {
      const Interval* of[] = {&each.asked, &each.popular, &each.events, &curve.full};
      points.emplace_back(each.questions, of[way]->value);
    }
    plot.add(kWays[way], std::move(points));
  }
  return plot.finish("");
}

}  // namespace

std::string onboarding_section(const Report& report) {
  if (!report.bundles.front().onboarding) return "";
  std::string tables, plots;
  for (const BundleResult& bundle : report.bundles) {
    std::string rows;
    for (const OnboardingPoint& each : bundle.onboarding->points) {
      const auto changed = [&](double value) { return cat(value > 0 ? "+" : "", fixed(value, 4)); };
      rows += cat("<tr><th scope=\"row\">", each.questions, "</th>", cell(each.asked),
                  cell(each.popular), "<td", each.gain.low > 0 ? " class=\"best\"" : "", ">",
                  changed(each.gain.value), "<small>", changed(each.gain.low), " to ",
                  changed(each.gain.high), "</small></td><td>", percent(each.known), "<small>",
                  percent(each.known_popular), "</small></td>", cell(each.events), "</tr>\n");
    }
    tables += cat("<h3>", escape(bundle.label), "; with the whole history ",
                  fixed(bundle.onboarding->full.value, 4),
                  "</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">answers</th>"
                  "<th scope=\"col\">questions by the model</th><th scope=\"col\">popular "
                  "questions</th><th scope=\"col\">difference</th><th scope=\"col\">known titles"
                  "<small>popular ones</small></th><th scope=\"col\">first events</th></tr></thead>"
                  "<tbody>",
                  rows, "</tbody></table></div>\n");
    plots += plot(bundle);
  }
  return cat(
      "<section><h2 id=\"onboarding\">New members</h2>\n<p>NDCG@10 for members whom training has "
      "never seen, after so many answers to “do you like this title?”, or after as many of their "
      "first events. A member answers as the given history says, and knows no other title. With "
      "95 % intervals.</p>\n<div class=\"plots\">",
      plots, "</div>\n", tables, "</section>\n");
}

std::string onboarding_console(const Report& report) {
  if (!report.bundles.front().onboarding) return "";
  std::vector<std::vector<std::string>> rows = {{"new members", "answers", "asked", "popular asked",
                                                 "difference", "95 %", "known", "popular known",
                                                 "first events", "whole history"}};
  for (const BundleResult& bundle : report.bundles) {
    for (const OnboardingPoint& each : bundle.onboarding->points) {
      rows.push_back({bundle.label, std::to_string(each.questions), fixed(each.asked.value, 4),
                      fixed(each.popular.value, 4), fixed(each.gain.value, 4),
                      cat(fixed(each.gain.low, 4), " to ", fixed(each.gain.high, 4)),
                      percent(each.known), percent(each.known_popular), fixed(each.events.value, 4),
                      fixed(bundle.onboarding->full.value, 4)});
    }
  }
  return "\n" + text_table(rows, Align::kRight);
}

Json onboarding_json(const OnboardingCurve& curve) {
  Json points = Json::array();
  for (const OnboardingPoint& each : curve.points) {
    points.push_back({{"answers", each.questions},
                      {"asked", interval_json(each.asked)},
                      {"popular_asked", interval_json(each.popular)},
                      {"difference", interval_json(each.gain)},
                      {"first_events", interval_json(each.events)},
                      {"known", each.known},
                      {"popular_known", each.known_popular}});
  }
  return {{"metric", "ndcg@10"}, {"whole_history", interval_json(curve.full)}, {"points", points}};
}

}  // namespace marquee::evaluation
