// What evaluate_policies found, written down: console, JSON, HTML.
#include <algorithm>
#include <cmath>

#include "core/json.h"
#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/report/document.h"
#include "evaluation/report/interval_json.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/plot_parts.h"
#include "evaluation/report/svg.h"
#include "policy/ope.h"

namespace marquee::policy {

namespace {

using evaluation::escape;
using evaluation::Interval;
using evaluation::interval_json;

// Small rewards need more digits than large ones.
std::string number(double value) { return general(value, 3); }

// Of rows, which need not be whole: "2.08", "10,000".
std::string rows_text(double rows) {
  return rows < 100 ? general(rows, 3) : grouped(std::lround(rows));
}

std::string range(const Interval& interval) {
  return cat(number(interval.low), " to ", number(interval.high));
}

Json estimates_json(const PolicyResult& policy) {
  Json all = Json::object();
  for (const Estimate& each : policy.estimates) {
    const EstimatorInfo& about = info(each.estimator);
    Json one = interval_json(each.value);
    one["over_log"] = interval_json(each.over_log);
    if (each.lambda) one["lambda"] = *each.lambda;
    one["assumption"] = about.assumption;
    all[about.id] = std::move(one);
  }
  return all;
}

Json diagnostics_json(const Diagnostics& found) {
  Json clipping = Json::array(), miscalibrated = Json::array();
  for (const ClippedValue& each : found.clipping) {
    clipping.push_back(
        {{"lambda", each.lambda}, {"ips", each.value}, {"clipped_share", each.clipped}});
  }
  for (const Miscalibrated& each : found.miscalibrated) {
    miscalibrated.push_back({{"action", each.action},
                             {"position", each.position},
                             {"ratio", each.ratio},
                             {"deviation", each.deviation}});
  }
  return {{"effective_rows", found.effective_rows},       {"mean_weight", found.mean_weight},
          {"mean_weight_error", found.mean_weight_error}, {"largest_weight", found.largest_weight},
          {"largest_share", found.largest_share},         {"unsupported", found.unsupported},
          {"least_propensity", found.least_propensity},   {"clipping", std::move(clipping)},
          {"miscalibrated", std::move(miscalibrated)}};
}

std::vector<const PolicyResult*> accepted(const OpeReport& report) {
  std::vector<const PolicyResult*> policies;
  for (const auto& each : report.policies) {
    if (!each.refused()) policies.push_back(&each);
  }
  std::ranges::stable_sort(policies, {}, [](const auto* each) { return -each->value().value; });
  return policies;
}

std::string headline(const OpeReport& report) {
  const auto policies = accepted(report);
  if (policies.empty()) return "This log cannot say what these policies would earn";
  const PolicyResult& best = *policies.front();
  const Interval& gain = best.over_log();
  if (gain.low > 0) return cat("Policy ", best.name, " would earn more than what was shown");
  if (gain.high < 0) return "No policy would earn more than what was shown";
  return cat("Policy ", best.name,
             " may earn more or less than what was shown: this log does not decide");
}

std::string lead(const OpeReport& report) {
  const bool pages = report.pages > 0;
  const Interval& logged = pages ? report.logged_page : report.logged;
  std::string text = cat("What was shown earned ", number(logged.value), " per ",
                         pages ? "page" : "showing", " (", range(logged), ").");
  for (const auto* each : accepted(report)) {
    text +=
        cat(" <b>", escape(each->name), "</b> would earn ", number(each->value().value), " (",
            range(each->value()), "), by ",
            pages ? cat("self-normalised ", info(kLeadingSlate).name) : info(kLeading).name, ".");
  }
  for (const auto& each : report.policies) {
    if (each.refused()) {
      text += cat(" <b>", escape(each.name), "</b> is refused.");
    }
  }
  return text;
}

std::string header(const OpeReport& report) {
  std::string text = cat(
      "<header><p class=\"eyebrow\">Off-policy evaluation</p><h1>", escape(headline(report)),
      "</h1>\n<p class=\"lead\">", lead(report), "</p>\n<dl class=\"facts\">",
      evaluation::html_fact("Log", report.log), evaluation::html_fact("Rows", grouped(report.rows)),
      evaluation::html_fact("Members", report.users > 0 ? grouped(report.users) : "unknown"),
      evaluation::html_fact("Actions", grouped(report.actions)),
      evaluation::html_fact("Positions", grouped(report.positions)), "</dl>");
  if (report.users == 0) {
    text +=
        "<p class=\"note\">The log does not say whom a row was shown, so intervals take rows as "
        "independent. If members have several rows each, they are too narrow.</p>";
  }
  return text + "</header>\n<main>\n";
}

std::string refusals_section(const OpeReport& report) {
  std::string items;
  for (const auto& each : report.policies) {
    for (const auto& reason : each.diagnostics.refusals) {
      items += cat("<li><b>", escape(each.name), "</b>: ", escape(reason), "</li>");
    }
    if (each.diagnostics.refused()) {
      items += cat("<li><b>", escape(each.name), "</b> needs ", escape(each.diagnostics.needed),
                   "</li>");
    }
    if (each.pages && !each.pages->refusal.empty()) {
      items += cat("<li><b>", escape(each.name), "</b>: ", escape(each.pages->refusal), "</li>");
    }
  }
  if (items.empty()) return "";
  return cat("<section><h2 id=\"refused\">Refused</h2>\n<div class=\"warning\"><ul>", items,
             "</ul></div></section>\n");
}

std::string estimate_cell(const PolicyResult& policy, const Estimate& each) {
  if (policy.diagnostics.refused()) return "<td class=\"none\">refused</td>";
  return cat("<td", each.estimator == kLeading ? " class=\"best\"" : "", ">",
             number(each.value.value), "<small>", range(each.value),
             each.lambda ? cat("<br>λ = ", general(*each.lambda, 3)) : "", "</small></td>");
}

std::string estimates_section(const OpeReport& report) {
  std::string head = "<tr><th scope=\"col\">estimator</th>", rows;
  for (const auto& policy : report.policies) {
    head += cat("<th scope=\"col\">", escape(policy.name), "</th>");
  }
  for (const EstimatorInfo& about : estimators()) {
    rows += cat("<tr><th scope=\"row\">", about.name, "</th>");
    for (const auto& policy : report.policies) {
      rows += estimate_cell(policy, policy.of(about.estimator));
    }
    rows += cat("<td style=\"text-align:left;white-space:normal\">", about.assumption, "<small>",
                escape(about.source), "</small></td></tr>\n");
  }
  return cat(
      "<section><h2 id=\"estimates\">", report.pages > 0 ? "Estimates of single rows" : "Estimates",
      "</h2>\n<p class=\"note\">Reward per showing, ", "with 95 % intervals by resampling ",
      report.users > 0 ? "members" : "rows",
      ". λ is chosen by the data, for the least estimated mean squared error; "
      "what it shrinks is a bias that the interval does not hold.</p><div "
      "class=\"scroll\"><table><thead>",
      head, "<th scope=\"col\" style=\"text-align:left\">is right if</th></tr></thead><tbody>",
      rows, "</tbody></table></div></section>\n");
}

// A row of the table of diagnostics.
template <typename Value>
std::string measure(const OpeReport& report, const char* name, const Value& value) {
  std::string row = cat("<tr><th scope=\"row\">", name, "</th>");
  for (const auto& policy : report.policies) {
    row += cat("<td>", value(policy.diagnostics), "</td>");
  }
  return row + "</tr>\n";
}

// IPS as weights are cut off at λ: where the line is not flat, few rows decide.
std::string clipping_plot(const PolicyResult& policy) {
  const auto& clipping = policy.diagnostics.clipping;
  if (clipping.size() < 2) return "";
  double most = 0;
  for (const auto& each : clipping) most = std::max(most, each.value);
  constexpr double kLeft = 70, kRight = 380, kTop = 16, kBottom = 170;
  const auto y = evaluation::placed(evaluation::round_scale(0, most, 4), kBottom, kTop);
  evaluation::Svg svg(evaluation::kPlotWidth, 210, "IPS by clipping",
                      cat("IPS of ", policy.name, " when weights above lambda are cut off"));
  evaluation::draw_rows(svg, y, kLeft, kRight);
  std::vector<std::pair<double, double>> points;
  for (size_t i = 0; i < clipping.size(); ++i) {
    const double x =
        kLeft + 14 +
        (kRight - kLeft - 28) * static_cast<double>(i) / static_cast<double>(clipping.size() - 1);
    points.emplace_back(x, y(clipping[i].value));
    svg.text(x, kBottom + 18, i + 1 == clipping.size() ? "none" : general(clipping[i].lambda, 4),
             "middle");
  }
  svg.path(points, "curve s0");
  for (size_t i = 0; i < points.size(); ++i) {
    svg.marker(points[i].first, points[i].second, 0,
               cat("λ ", general(clipping[i].lambda, 4), ": ", number(clipping[i].value), ", ",
                   fixed(100 * clipping[i].clipped, 2), " % of rows clipped"));
  }
  return evaluation::html_figure(policy.name + ": IPS by λ",
                                 "<span>Weights above λ are cut off. Where the line is not flat, "
                                 "few rows decide.</span>",
                                 svg.finish());
}

std::string diagnostics_section(const OpeReport& report) {
  std::string head = "<tr><th scope=\"col\"></th>", plots, warnings;
  for (const auto& policy : report.policies) {
    head += cat("<th scope=\"col\">", escape(policy.name), "</th>");
    plots += clipping_plot(policy);
    for (const auto& warning : policy.diagnostics.warnings) {
      warnings += cat("<li>", escape(policy.name), ": ", escape(warning), "</li>");
    }
  }
  const std::string rows =
      measure(report, "effective rows",
              [](const Diagnostics& d) { return rows_text(d.effective_rows); }) +
      measure(report, "mean weight (1 if propensities are right)",
              [](const Diagnostics& d) {
                return cat(general(d.mean_weight, 4), " ± ", general(d.mean_weight_error, 2));
              }) +
      measure(report, "largest weight",
              [](const Diagnostics& d) { return general(d.largest_weight, 5); }) +
      measure(report, "share of the largest weight",
              [](const Diagnostics& d) { return fixed(100 * d.largest_share, 2) + " %"; }) +
      measure(report, "would show what was never shown",
              [](const Diagnostics& d) { return fixed(100 * d.unsupported, 2) + " %"; });
  return cat("<section><h2 id=\"diagnostics\">What this log can say</h2>\n<div class=\"scroll\">",
             "<table><thead>", head, "</tr></thead><tbody>", rows, "</tbody></table></div>\n",
             warnings.empty() ? "" : cat("<ul class=\"note\">", warnings, "</ul>"),
             "<div class=\"plots\">", plots, "</div></section>\n");
}

}  // namespace

std::string to_json(const OpeReport& report) {
  Json policies = Json::array();
  for (const auto& each : report.policies) {
    Json one = {{"name", each.name}, {"result", each.refused() ? "refused" : "estimated"}};
    if (each.diagnostics.refused()) {
      one["reasons"] = each.diagnostics.refusals;
      one["needed"] = each.diagnostics.needed;
    } else {
      one["estimates"] = estimates_json(each);
      one["bernstein_low"] = each.bernstein_low;
    }
    if (each.pages) one["pages"] = pages_json(*each.pages);
    if (!each.diagnostics.warnings.empty()) one["warnings"] = each.diagnostics.warnings;
    one["diagnostics"] = diagnostics_json(each.diagnostics);
    policies.push_back(std::move(one));
  }
  Json json = {{"schema", 1},
               {"log",
                {{"name", report.log},
                 {"sha256", report.sha256},
                 {"rows", report.rows},
                 {"users", report.users},
                 {"actions", report.actions},
                 {"positions", report.positions},
                 {"reward", interval_json(report.logged)}}},
               {"leading", info(kLeading).id},
               {"policies", std::move(policies)},
               {"seed", report.seed},
               {"resamples", report.resamples},
               {"rewards", report.rewards},
               {"command", report.command}};
  if (report.pages > 0) {
    json["log"]["pages"] = report.pages;
    json["log"]["page_reward"] = interval_json(report.logged_page);
    json["leading_of_pages"] = cat("sn_", info(kLeadingSlate).id);
  }
  return json.dump(1);
}

std::string to_html(const OpeReport& report) {
  return evaluation::html_document(
      headline(report),
      cat(header(report), refusals_section(report), pages_section(report),
          estimates_section(report), diagnostics_section(report),
          "<section class=\"lineage\"><h2 id=\"lineage\">Where it comes ", "from</h2>\n<p>log ",
          escape(report.log), " <code>", escape(report.sha256), "</code></p><p>This report, seed ",
          report.seed, ", ", grouped(report.resamples), " resamples:</p><pre><code>",
          escape(report.command), "</code></pre></section>\n</main>\n"),
      " The same values, and more, are in report.json beside this file.");
}

std::string console_table(const OpeReport& report) {
  std::vector<std::vector<std::string>> rows = {{"policy",
                                                 report.pages > 0 ? "reward a page" : "reward",
                                                 "95 %", "over the log", "95 %", "effective rows"}};
  const Interval& logged = report.pages > 0 ? report.logged_page : report.logged;
  rows.push_back(
      {"what was shown", number(logged.value), range(logged), "", "", grouped(report.rows)});
  for (const auto& each : report.policies) {
    const std::string effective = rows_text(each.diagnostics.effective_rows);
    if (each.refused()) {
      rows.push_back({each.name, "refused", "", "", "", effective});
    } else {
      rows.push_back({each.name, number(each.value().value), range(each.value()),
                      number(each.over_log().value), range(each.over_log()), effective});
    }
  }
  std::string text = text_table(rows);
  for (const auto& each : report.policies) {
    for (const auto& reason : each.diagnostics.refusals) {
      text += cat("! ", printable(each.name, LineEnds::kEscaped), " is refused: ", reason, "\n");
    }
    if (each.diagnostics.refused()) {
      text += cat("  it needs ", each.diagnostics.needed, "\n");
    } else if (each.refused()) {
      text += cat("! ", printable(each.name, LineEnds::kEscaped),
                  " is refused: ", each.pages->refusal, "\n");
    }
    for (const auto& warning : each.diagnostics.warnings) {
      text += cat("? ", printable(each.name, LineEnds::kEscaped), ": ", warning, "\n");
    }
  }
  return text;
}

}  // namespace marquee::policy
