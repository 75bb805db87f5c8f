// What an experiment found, written down: console, JSON, HTML.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/json.h"
#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/report/document.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"
#include "evaluation/report/svg.h"
#include "policy/experiment/experiment.h"

namespace marquee::policy {

namespace {

using evaluation::escape;

std::string number(double value) { return general(value, 4); }
std::string percent(double share) { return fixed(100 * share, 2) + " %"; }
std::string signed_percent(double share) { return (share > 0 ? "+" : "") + percent(share); }
std::string range(const Difference& d) {
  return signed_percent(d.low) + " to " + signed_percent(d.high);
}
std::string p_text(double p) { return p < 1e-4 ? "< 0.0001" : fixed(p, 4); }

std::string finding(const Comparison& each) {
  switch (each.guard) {
    case Guard::kHolds:
      return "holds";
    case Guard::kBroken:
      return "broken";
    case Guard::kUnclear:
      return "not sure to hold";
    case Guard::kNone:
      return each.better ? "better" : each.worse ? "worse" : "not decided";
  }
  return "";
}

const char* guard_id(Guard guard) {
  return guard == Guard::kHolds ? "holds" : guard == Guard::kBroken ? "broken" : "unclear";
}

Json difference_json(const Difference& d) {
  return {{"value", d.value}, {"low", d.low}, {"high", d.high}, {"p", d.p}};
}

Json comparison_json(const MetricResult& metric, const Comparison& each) {
  Json json = {{"arm", each.arm},
               {"control", each.control},
               {"treatment", each.treatment},
               {"absolute", difference_json(each.absolute)},
               {"relative", difference_json(each.relative)},
               {"detectable", each.detectable}};
  if (metric.config.role == "success") {
    json["holm_p"] = each.holm_p;
    json["bh_p"] = each.bh_p;
    json["better"] = each.better;
    json["worse"] = each.worse;
  }
  if (each.guard != Guard::kNone) json["guard"] = guard_id(each.guard);
  if (!metric.config.before.empty()) json["variance_taken"] = each.variance_taken;
  if (each.survival) {
    json["log_rank"] = {{"chi_squared", each.survival->chi_squared}, {"p", each.survival->p}};
  }
  return json;
}

Json metrics_json(const ExperimentReport& report) {
  Json metrics = Json::array();
  for (const MetricResult& metric : report.metrics) {
    Json json = {{"name", metric.name},
                 {"kind", metric.config.kind},
                 {"role", metric.config.role},
                 {"better", metric.config.better}};
    if (!metric.note.empty()) json["note"] = metric.note;
    Json comparisons = Json::array();
    for (const auto& each : metric.comparisons)
      comparisons.push_back(comparison_json(metric, each));
    json["comparisons"] = std::move(comparisons);
    metrics.push_back(std::move(json));
  }
  return metrics;
}

std::string sentence(const ArmDecision& each) {
  switch (each.decision) {
    case Decision::kShip:
      return "Ship " + each.arm;
    case Decision::kStop:
      return "Do not ship " + each.arm;
    case Decision::kWait:
      return "No decision yet on " + each.arm;
    case Decision::kUnhealthy:
      return "This experiment is not to be trusted";
  }
  return "";
}

std::string headline(const ExperimentReport& report) {
  if (report.decisions.front().decision == Decision::kUnhealthy) {
    return sentence(report.decisions.front());
  }
  // "Ship a; do not ship b, c": what is to be done first.
  std::vector<std::string> sentences;
  for (const Decision decision : {Decision::kShip, Decision::kWait, Decision::kStop}) {
    ArmDecision all{"", decision, {}};
    for (const ArmDecision& each : report.decisions) {
      if (each.decision == decision) all.arm += (all.arm.empty() ? "" : ", ") + each.arm;
    }
    if (all.arm.empty()) continue;
    sentences.push_back(sentence(all));
    if (sentences.size() > 1)
      sentences.back()[0] = static_cast<char>(std::tolower(sentences.back()[0]));
  }
  return join(sentences, "; ");
}

std::string header(const ExperimentReport& report) {
  std::string text =
      cat("<header><p class=\"eyebrow\">Experiment</p><h1>", escape(headline(report)), "</h1>\n");
  for (const ArmDecision& each : report.decisions) {
    std::string items;
    for (const auto& reason : each.reasons) items += cat("<li>", escape(reason), "</li>");
    text += cat("<div", each.decision == Decision::kUnhealthy ? " class=\"warning\"" : "",
                "><p><b>", escape(each.arm), "</b>: ", name(each.decision), ", because</p><ul>",
                items, "</ul></div>\n");
  }
  text += "<dl class=\"facts\">";
  for (size_t arm = 0; arm < report.arms.size(); ++arm) {
    text += evaluation::html_fact(report.arms[arm] + (arm == 0 ? " (control)" : ""),
                                  grouped(report.users[arm]));
  }
  return cat(text, evaluation::html_fact("p of the shares", p_text(report.sample_ratio_p)),
             evaluation::html_fact("with two arms", grouped(report.crossed)),
             "</dl></header>\n<main>\n");
}

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

std::string metrics_section(const ExperimentReport& report) {
  std::string rows, notes;
  for (const MetricResult& metric : report.metrics) {
    if (!metric.note.empty()) {
      notes += cat("<li>", escape(metric.name), ": ", escape(metric.note), "</li>");
    }
    for (const Comparison& each : metric.comparisons) {
      rows +=
          cat("<tr><th scope=\"row\">", escape(metric.name), "<small>", metric.config.role, ", ",
              metric.config.kind, "</small></th><td>", escape(each.arm), "</td><td>",
              number(each.control), "</td><td>", number(each.treatment), "</td><td",
              each.better ? " class=\"best\"" : "", ">", signed_percent(each.relative.value),
              "<small>", range(each.relative), "</small></td><td>", p_text(each.holm_p), "<small>",
              p_text(each.absolute.p), "</small></td><td>", finding(each), "</td><td>",
              percent(each.detectable), "</td><td>",
              metric.config.before.empty() ? "–" : percent(each.variance_taken), "</td></tr>\n");
    }
  }
  return cat("<section><h2 id=\"metrics\">Metrics</h2>\n<p class=\"note\">Intervals and p values ",
             report.config.looks == "any" ? "hold however often they are looked at"
                                          : "hold at one look, at an end that was fixed before",
             ", at level ", general(report.config.alpha),
             ". Adjusted p values are for all success metrics and arms together (Holm).</p>",
             "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">metric</th><th>arm</th>"
             "<th>control</th><th>arm's value</th><th>difference</th><th>adjusted p<small>p "
             "alone</small></th><th></th><th>detectable</th><th>variance taken "
             "out</th></tr></thead><tbody>",
             rows, "</tbody></table></div>\n",
             notes.empty() ? "" : cat("<ul class=\"note\">", notes, "</ul>"), "</section>\n");
}

constexpr const char* kDefinitions =
    "<section><h2 id=\"definitions\">What the words mean</h2>\n<dl class=\"definitions\">"
    "<dt>difference</dt><dd>Of the arm's mean from the control's, as a share of the control's; "
    "Welch's test, by the delta method.</dd>"
    "<dt>adjusted p</dt><dd>The chance that any of the success metrics of any arm would look this "
    "good if no arm did anything.<cite>Holm 1979</cite></dd>"
    "<dt>detectable</dt><dd>The least difference that these members find with the power "
    "wanted.</dd>"
    "<dt>variance taken out</dt><dd>By what the metric was before the experiment."
    "<cite>CUPED, Deng et al. 2013</cite></dd>"
    "<dt>guardrail</dt><dd>Holds if even the worse end of its interval is within its "
    "margin.</dd>"
    "<dt>intervals at any look</dt><dd>Asymptotic confidence sequences."
    "<cite>Waudby-Smith et al. 2024</cite></dd>"
    "<dt>p of the shares</dt><dd>The chance of arms this unlike the shares that they were to have; "
    "below 0.001 the assignment is wrong.</dd></dl></section>\n";

}  // namespace

std::string to_json(const ExperimentReport& report) {
  Json arms = Json::array(), decisions = Json::array();
  for (size_t arm = 0; arm < report.arms.size(); ++arm) {
    arms.push_back({{"name", report.arms[arm]}, {"users", report.users[arm]}});
  }
  for (const ArmDecision& each : report.decisions) {
    decisions.push_back(
        {{"arm", each.arm}, {"decision", name(each.decision)}, {"reasons", each.reasons}});
  }
  const Json json = {{"schema", 1},
                     {"units", {{"name", report.units}, {"sha256", report.sha256}}},
                     {"control", report.config.control},
                     {"alpha", report.config.alpha},
                     {"looks", report.config.looks},
                     {"arms", std::move(arms)},
                     {"crossed", report.crossed},
                     {"sample_ratio_p", report.sample_ratio_p},
                     {"decisions", std::move(decisions)},
                     {"metrics", metrics_json(report)},
                     {"command", report.command}};
  return json.dump(1);
}

std::string to_html(const ExperimentReport& report) {
  std::string plots = lifts_plot(report);
  for (const MetricResult& metric : report.metrics) plots += survival_plot(report, metric);
  return evaluation::html_document(
      headline(report),
      cat(header(report), "<section><div class=\"plots\">", plots, "</div></section>\n",
          metrics_section(report), kDefinitions, "<section class=\"lineage\"><h2 id=\"lineage\">",
          "Where it comes from</h2>\n<p>units ", escape(report.units), " <code>",
          escape(report.sha256), "</code></p><pre><code>", escape(report.command),
          "</code></pre></section>\n</main>\n"),
      " The same values, and more, are in report.json beside this file.");
}

std::string console_table(const ExperimentReport& report) {
  std::vector<std::vector<std::string>> rows = {{"metric", "arm", report.config.control,
                                                 "arm's value", "difference", "interval",
                                                 "adjusted p", ""}};
  for (const MetricResult& metric : report.metrics) {
    for (const Comparison& each : metric.comparisons) {
      rows.push_back({metric.name, each.arm, number(each.control), number(each.treatment),
                      signed_percent(each.relative.value), range(each.relative),
                      p_text(each.holm_p), finding(each)});
    }
  }
  std::string text = text_table(rows);
  for (const MetricResult& metric : report.metrics) {
    if (!metric.note.empty())
      text += cat("? ", printable(metric.name, LineEnds::kEscaped), ": ", metric.note, "\n");
  }
  for (const ArmDecision& each : report.decisions) {
    text += cat(printable(sentence(each), LineEnds::kEscaped), ": ",
                printable(join(each.reasons, "; "), LineEnds::kEscaped), "\n");
  }
  return text;
}

}  // namespace marquee::policy
