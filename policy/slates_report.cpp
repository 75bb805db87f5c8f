// What evaluate_slates found, written down: the part of an off-policy report about pages.
#include <cmath>

#include "core/text.h"
#include "evaluation/report/markup.h"
#include "policy/ope.h"

namespace marquee::policy {

namespace {

using evaluation::escape;
using evaluation::Interval;

std::string interval_cell(const Interval& interval, bool leading) {
  return cat("<td", leading ? " class=\"best\"" : "", ">", general(interval.value, 3), "<small>",
             general(interval.low, 3), " to ", general(interval.high, 3), "</small></td>");
}

std::string estimator_row(const OpeReport& report, SlateEstimator estimator, bool own) {
  std::string row = cat("<tr><th scope=\"row\">", full_name(estimator, own), "</th>");
  for (const auto& policy : report.policies) {
    row += policy.refused() ? "<td class=\"none\">refused</td>"
                            : interval_cell(policy.pages->of(estimator, own).value,
                                            estimator == kLeadingSlate && own);
  }
  return row + cat("<td style=\"text-align:left;white-space:normal\">", info(estimator).assumption,
                   "</td></tr>\n");
}

// How many pages the estimate of a position rests on.
std::string effective_rows(const OpeReport& report) {
  std::string rows;
  for (size_t position = 0; position < static_cast<size_t>(report.positions); ++position) {
    rows += cat("<tr><th scope=\"row\">effective pages at row ", position + 1, "</th>");
    for (const auto& policy : report.policies) {
      rows += cat("<td>", grouped(std::lround(policy.pages->effective[position])), "</td>");
    }
    rows += "<td></td></tr>\n";
  }
  return rows;
}

}  // namespace

std::string pages_section(const OpeReport& report) {
  if (report.pages == 0) return "";
  std::string head = "<tr><th scope=\"col\">estimator</th>", rows;
  for (const auto& policy : report.policies) {
    head += cat("<th scope=\"col\">", escape(policy.name), "</th>");
  }
  for (size_t e = 0; e < kSlateEstimators; ++e) {
    for (const bool own : {false, true}) {
      rows += estimator_row(report, static_cast<SlateEstimator>(e), own);
    }
  }
  return cat(
      "<section><h2 id=\"pages\">Estimates of whole pages</h2>\n<p class=\"note\">Reward per "
      "page, with 95 % intervals by resampling ",
      report.users > 0 ? "members" : "pages", ", of ", grouped(report.pages),
      " pages. Weights multiply from row to row, so that fewer and fewer pages decide about "
      "rows further down.</p><div class=\"scroll\"><table><thead>",
      head, "<th scope=\"col\" style=\"text-align:left\">is right if</th></tr></thead><tbody>",
      rows, effective_rows(report), "</tbody></table></div></section>\n");
}

Json pages_json(const SlateResult& pages) {
  Json estimates = Json::object();
  for (const SlateEstimate& each : pages.estimates) {
    const auto json = [](const Interval& interval) {
      return Json{{"value", interval.value}, {"low", interval.low}, {"high", interval.high}};
    };
    Json one = json(each.value);
    one["over_log"] = json(each.over_log);
    estimates[full_id(each.estimator, each.second_form)] = std::move(one);
  }
  Json result = {{"estimates", std::move(estimates)}, {"effective_pages", pages.effective}};
  if (!pages.refusal.empty()) result["refused"] = pages.refusal;
  return result;
}

}  // namespace marquee::policy
