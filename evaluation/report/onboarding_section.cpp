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
constexpr const char* kInContext = "questions by the model, in the member's context";

std::string changed(double value) { return cat(value > 0 ? "+" : "", fixed(value, 4)); }

std::string difference_cell(const Interval& gain) {
  return cat("<td", gain.low > 0 ? " class=\"best\"" : "", ">", changed(gain.value), "<small>",
             changed(gain.low), " to ", changed(gain.high), "</small></td>");
}

bool has_contexts(const OnboardingCurve& curve) {
  return !curve.points.empty() && curve.points.front().in_context.has_value();
}

std::string cell(const Interval& interval) {
  return cat("<td>", fixed(interval.value, 4), "<small>", fixed(interval.low, 4), " to ",
             fixed(interval.high, 4), "</small></td>");
}

std::string plot(const BundleResult& bundle) {
  const OnboardingCurve& curve = *bundle.onboarding;
  double most = curve.full.value;
  for (const OnboardingPoint& each : curve.points) {
    most = std::max({most, each.asked.value, each.popular.value, each.events.value});
    if (each.in_context) most = std::max(most, each.in_context->value);
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
  if (has_contexts(curve)) {
    std::vector<std::pair<double, double>> points;
    for (const OnboardingPoint& each : curve.points) {
      points.emplace_back(each.questions, each.in_context->value);
    }
    plot.add(kInContext, std::move(points));
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
      rows += cat("<tr><th scope=\"row\">", each.questions, "</th>", cell(each.asked),
                  cell(each.popular), difference_cell(each.gain), "<td>", percent(each.known),
                  "<small>", percent(each.known_popular), "</small></td>", cell(each.events));
      if (each.in_context) rows += cell(*each.in_context) + difference_cell(*each.context_gain);
      rows += "</tr>\n";
    }
    tables += cat("<h3>", escape(bundle.label), "; with the whole history ",
                  fixed(bundle.onboarding->full.value, 4),
                  "</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">answers</th>"
                  "<th scope=\"col\">questions by the model</th><th scope=\"col\">popular "
                  "questions</th><th scope=\"col\">difference</th><th scope=\"col\">known titles"
                  "<small>popular ones</small></th><th scope=\"col\">first events</th>",
                  has_contexts(*bundle.onboarding)
                      ? "<th scope=\"col\">by the model, in context</th><th scope=\"col\">"
                        "difference that context makes</th>"
                      : "",
                  "</tr></thead><tbody>", rows, "</tbody></table></div>\n");
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
  std::vector<std::vector<std::string>> rows = {
      {"new members", "answers", "asked", "popular asked", "difference", "95 %", "known",
       "popular known", "first events", "whole history", "in context", "context gains", "95 %"}};
  for (const BundleResult& bundle : report.bundles) {
    for (const OnboardingPoint& each : bundle.onboarding->points) {
      rows.push_back({bundle.label, std::to_string(each.questions), fixed(each.asked.value, 4),
                      fixed(each.popular.value, 4), fixed(each.gain.value, 4),
                      cat(fixed(each.gain.low, 4), " to ", fixed(each.gain.high, 4)),
                      percent(each.known), percent(each.known_popular), fixed(each.events.value, 4),
                      fixed(bundle.onboarding->full.value, 4)});
      if (!each.in_context) continue;
      const Interval& gain = *each.context_gain;
      rows.back().insert(rows.back().end(), {fixed(each.in_context->value, 4), changed(gain.value),
                                             cat(changed(gain.low), " to ", changed(gain.high))});
    }
  }
  const bool contexts = std::ranges::any_of(
      report.bundles, [](const BundleResult& each) { return has_contexts(*each.onboarding); });
  const size_t columns = contexts ? rows.front().size() : rows.front().size() - 3;
  for (auto& row : rows) row.resize(columns);
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
    if (!each.in_context) continue;
    points.back()["in_context"] = interval_json(*each.in_context);
    points.back()["context_difference"] = interval_json(*each.context_gain);
  }
  return {{"metric", "ndcg@10"}, {"whole_history", interval_json(curve.full)}, {"points", points}};
}

}  // namespace marquee::evaluation
