// What audit_fairness found, written down: console and HTML.
#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/fairness/audit.h"
#include "evaluation/fairness/fairness_sections.h"
#include "evaluation/report/document.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

std::string headline(const FairnessReport& report) {
  const configs::FairnessConfig& limits = report.limits;
  if (limits.members.empty() && limits.providers.empty() && !limits.european.any()) {
    return "No limits were given";
  }
  return headline_of(report.findings);
}

std::string ratings_table(const FairnessReport& report) {
  std::vector<std::vector<std::string>> rows = {{"ratings", "group", "size"}};
  for (const char* name : kRatingGaps) rows.front().emplace_back(name);
  for (const RatingAttribute& attribute : report.ratings) {
    for (const RatingGroup& group : attribute.groups) {
      rows.push_back({attribute.name, group.name, grouped(group.members)});
      for (const RatingGap& gap : group.gaps) {
        rows.back().push_back(cat(fixed(gap.value.value, 3), gap.holm_p < 0.05 ? " *" : ""));
      }
    }
  }
  if (rows.size() == 1) return "";
  return cat("\n", text_table(rows), "*: further apart than by chance (adjusted p below 0.05)\n");
}

}  // namespace

std::string to_html(const FairnessReport& report) {
  const std::string title = headline(report);
  return html_document(
      title,
      cat("<header><p class=\"eyebrow\">Fairness</p><h1>", title, "</h1>",
          findings_html(report.findings), "<dl class=\"facts\">",
          html_fact("bundle", report.bundle), html_fact("dataset", report.dataset),
          html_fact("test members", grouped(report.members)), "</dl></header>\n<main>\n",
          members_section(report), ratings_section(report), providers_section(report),
          european_section(report), amplification_section(report),
          html_made_by(report.seed, report.resamples, report.command), "</main>\n"),
      " The same values are in report.json beside this file.");
}

std::string console_table(const FairnessReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"members", "group", "size", "NDCG@10", "against others", "95 %", "adjusted p"}};
  for (const MemberAttribute& attribute : report.quality.attributes) {
    for (const MemberGroup& group : attribute.groups) {
      rows.push_back({attribute.name, group.name, grouped(group.members),
                      score_text(group.ndcg.value), signed_percent(group.gap.value),
                      range_of(group.gap, change_text), fixed(group.holm_p, 4)});
    }
  }
  std::string text = text_table(rows);
  rows = {
      {"titles", "", "catalogue", "histories", "watched next", "shown", "shown / watched", "95 %"}};
  for (const ProviderKind& kind : report.providers) {
    for (const Provider& each : kind.providers) {
      const bool none = each.watched == 0;
      rows.push_back({kind.name, each.name, percent(each.catalogue), percent(each.history),
                      percent(each.watched), percent(each.shown.value),
                      none ? "–" : times_text(each.ratio.value),
                      none ? "" : range_of(each.ratio, times_text)});
    }
  }
  text += "\n" + text_table(rows) + ratings_table(report);
  if (report.european) text += "\nEuropean works: " + european_line(report) + "\n";
  const Interval& lift = report.amplification.front().popularity_lift;
  text += cat("\nPopularity lift from histories to lists: ", change_text(lift.value), " (",
              range_of(lift, change_text), ")\n");
  return text + findings_console(report.findings) + headline(report) + "\n";
}

}  // namespace marquee::evaluation
