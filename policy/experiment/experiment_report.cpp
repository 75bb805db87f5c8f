// What an experiment found, written down: console, JSON, HTML.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/json.h"
#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/report/document.h"
#include "evaluation/report/markup.h"
#include "policy/experiment/experiment.h"
#include "policy/experiment/report_parts.h"

namespace marquee::policy {

namespace {

using evaluation::escape;

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

Json metrics_json(const std::vector<MetricResult>& results) {
  Json metrics = Json::array();
  for (const MetricResult& metric : results) {
    Json json = {{"name", metric.name},
                 {"kind", metric.config.kind},
                 {"role", metric.config.role},
                 {"better", metric.config.better}};
    if (!metric.note.empty()) json["note"] = metric.note;
    if (const auto& surrogate = metric.surrogate) {
      json["surrogate"] = {{"explained", surrogate->explained},
                           {"arms", surrogate->arms},
                           {"agreed", surrogate->agreed},
                           {"better", surrogate->better},
                           {"recalled", surrogate->recalled}};
    }
    Json comparisons = Json::array();
    for (const auto& each : metric.comparisons)
      comparisons.push_back(comparison_json(metric, each));
    json["comparisons"] = std::move(comparisons);
    metrics.push_back(std::move(json));
  }
  return metrics;
}

Json segments_json(const ExperimentReport& report) {
  Json segments = Json::array();
  for (const SegmentResult& each : report.segments) {
    segments.push_back({{"column", each.column},
                        {"value", each.value},
                        {"users", each.users},
                        {"metrics", metrics_json(each.metrics)}});
  }
  return segments;
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

std::string metrics_section(const ExperimentReport& report) {
  std::string rows, notes;
  for (const MetricResult& metric : report.metrics) {
    if (metric.surrogate) {
      notes += cat("<li>", escape(metric.name), ": ", surrogate_text(*metric.surrogate), "</li>");
    }
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
             report.config.looks == "once" ? "hold at one look, at an end that was fixed before"
                                           : "hold however often they are looked at",
             ", at level ", general(report.config.alpha),
             ". Adjusted p values are for all success metrics and arms together (Holm).</p>",
             "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">metric</th><th>arm</th>"
             "<th>control</th><th>arm's value</th><th>difference</th><th>adjusted p<small>p "
             "alone</small></th><th></th><th>detectable</th><th>variance taken "
             "out</th></tr></thead><tbody>",
             rows, "</tbody></table></div>\n",
             notes.empty() ? "" : cat("<ul class=\"note\">", notes, "</ul>"), "</section>\n");
}

std::string segments_section(const ExperimentReport& report) {
  std::string rows;
  for (const SegmentResult& segment : report.segments) {
    for (const MetricResult& metric : segment.metrics) {
      for (const Comparison& each : metric.comparisons) {
        rows +=
            cat("<tr><th scope=\"row\">", escape(segment.column), " ", escape(segment.value),
                "<small>", grouped(segment.users), " members</small></th><td>", escape(metric.name),
                "</td><td>", escape(each.arm), "</td><td", each.better ? " class=\"best\"" : "",
                ">", signed_percent(each.relative.value), "<small>", range(each.relative),
                "</small></td><td>", p_text(each.bh_p), "</td><td>", finding(each), "</td></tr>\n");
      }
    }
  }
  if (rows.empty()) return "";
  return cat(
      "<section><h2 id=\"segments\">Segments</h2>\n<p class=\"note\">Among some of the "
      "members. p values are adjusted for all of this table (Benjamini and Hochberg).</p>"
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">members</th>"
      "<th>metric</th><th>arm</th><th>difference</th><th>adjusted p</th><th></th></tr>"
      "</thead><tbody>",
      rows, "</tbody></table></div></section>\n");
}

// null: not known
Json known(double members) { return members > 0 ? Json(members) : Json(); }

Json preference_json(const Preference& each) {
  Json json = {{"arms", each.arms},
               {"members", each.members},
               {"share", difference_json(each.share)},
               {"members_needed", known(each.needed)}};
  if (!each.metric.empty()) {
    json["apart"] = {{"metric", each.metric}, {"members_needed", known(each.needed_apart)}};
  }
  return json;
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
    "<dt>interleaving</dt><dd>Pages that two arms fill in turn, so that every member compares "
    "them.<cite>team draft, Radlinski et al. 2008</cite></dd>"
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
  Json json = {{"schema", 1},
               {"units", {{"name", report.units}, {"sha256", report.sha256}}},
               {"control", report.config.control},
               {"alpha", report.config.alpha},
               {"looks", report.config.looks},
               {"arms", std::move(arms)},
               {"crossed", report.crossed},
               {"sample_ratio_p", report.sample_ratio_p},
               {"decisions", std::move(decisions)},
               {"metrics", metrics_json(report.metrics)},
               {"segments", segments_json(report)},
               {"command", report.command}};
  if (!report.daily_hours.empty()) json["daily_hours"] = report.daily_hours;
  if (report.preference) json["interleaving"] = preference_json(*report.preference);
  return json.dump(1);
}

std::string to_html(const ExperimentReport& report) {
  std::string plots;
  for (const MetricResult& metric : report.metrics) plots += survival_plot(report, metric);
  plots += daily_plot(report);
  return evaluation::html_document(
      headline(report),
      cat(header(report), "<section><div class=\"plots\">", lifts_plot(report),
          "</div><div class=\"plots\">", plots, "</div></section>\n", metrics_section(report),
          preference_section(report), segments_section(report), kDefinitions,
          "<section class=\"lineage\"><h2 id=\"lineage\">", "Where it comes from</h2>\n<p>units ",
          escape(report.units), " <code>", escape(report.sha256), "</code></p><pre><code>",
          escape(report.command), "</code></pre></section>\n</main>\n"),
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
    if (metric.surrogate) {
      text += cat(printable(metric.name, LineEnds::kEscaped), ": ",
                  surrogate_text(*metric.surrogate), "\n");
    }
    if (!metric.note.empty())
      text += cat("? ", printable(metric.name, LineEnds::kEscaped), ": ", metric.note, "\n");
  }
  for (const SegmentResult& segment : report.segments) {
    for (const MetricResult& metric : segment.metrics) {
      for (const Comparison& each : metric.comparisons) {
        if (!each.better && !each.worse) continue;
        text += printable(cat("  ", segment.column, " ", segment.value, ": ", metric.name, " of ",
                              each.arm, " is ", finding(each), ", ", range(each.relative)),
                          LineEnds::kEscaped) +
                "\n";
      }
    }
  }
  if (report.preference) {
    text += printable(preference_text(*report.preference), LineEnds::kEscaped) + "\n";
  }
  for (const ArmDecision& each : report.decisions) {
    text += cat(printable(sentence(each), LineEnds::kEscaped), ": ",
                printable(join(each.reasons, "; "), LineEnds::kEscaped), "\n");
  }
  return text;
}

}  // namespace marquee::policy
