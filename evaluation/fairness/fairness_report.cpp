// What audit_fairness found, written down: console, JSON, HTML.
#include "core/json.h"
#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/fairness/audit.h"
#include "evaluation/report/document.h"
#include "evaluation/report/interval_json.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

using Kind = FairnessFinding::Kind;

std::string range(const Interval& each, std::string (*text)(double)) {
  return cat(text(each.low), " to ", text(each.high));
}

std::string change(double share) { return signed_percent(share); }
std::string score(double value) { return fixed(value, 4); }
std::string times(double value) { return fixed(value, 2); }

std::string headline(const FairnessReport& report) {
  if (report.limits.members.empty() && report.limits.providers.empty()) {
    return "No limits were given";
  }
  if (report.exceeded()) return "Limits are exceeded";
  return report.findings.empty() ? "All limits hold" : "No limit is surely exceeded";
}

std::string members_section(const FairnessReport& report) {
  std::string tables;
  for (const MemberAttribute& attribute : report.quality.attributes) {
    std::string rows;
    for (const MemberGroup& group : attribute.groups) {
      rows += cat("<tr><th scope=\"row\">", escape(group.name), "</th><td>", grouped(group.members),
                  "</td><td>", score(group.ndcg.value), "<small>", range(group.ndcg, score),
                  "</small></td><td", group.holm_p < 0.05 ? " class=\"best\"" : "", ">",
                  signed_percent(group.gap.value), "<small>", range(group.gap, change),
                  "</small></td><td>", fixed(group.holm_p, 4), "</td></tr>\n");
    }
    if (rows.empty()) continue;
    tables +=
        cat("<h3>", escape(attribute.name), "</h3><div class=\"scroll\"><table><thead><tr>",
            "<th scope=\"col\">group</th><th scope=\"col\">members</th><th scope=\"col\">",
            "NDCG@10</th><th scope=\"col\">against all others</th><th scope=\"col\">adjusted ",
            "p</th></tr></thead><tbody>", rows, "</tbody></table></div>\n");
    if (attribute.left_out > 0) {
      tables += cat("<p class=\"note\">", count(attribute.left_out, "member"),
                    " without a value, in groups of fewer than ", kLeastGroup,
                    ", or beyond the largest ", kMostGroups, " groups are left out.</p>\n");
    }
  }
  return cat(
      "<section><h2 id=\"members\">Members</h2>\n<p>NDCG@10 of all members ",
      score(report.quality.ndcg.value), " (", range(report.quality.ndcg, score),
      "); of the tenth for whom it is lowest ", score(report.quality.worst_tenth.value),
      ". Each group against all other members, with 95 % intervals; p adjusted for all groups "
      "(Holm).</p>\n",
      tables, "</section>\n");
}

std::string providers_section(const FairnessReport& report) {
  std::string tables;
  for (const ProviderKind& kind : report.providers) {
    std::string rows;
    for (const Provider& each : kind.providers) {
      const bool none = each.watched == 0;
      rows += cat("<tr><th scope=\"row\">", escape(each.name), "</th><td>", percent(each.catalogue),
                  "</td><td>", percent(each.history), "</td><td>", percent(each.watched),
                  "</td><td>", percent(each.shown.value), "<small>", percent_range(each.shown),
                  "</small></td><td>", none ? "–" : times(each.ratio.value), "<small>",
                  none ? "" : range(each.ratio, times), "</small></td></tr>\n");
    }
    tables += cat("<h3>", escape(kind.name), "</h3><div class=\"scroll\"><table><thead><tr><th ",
                  "scope=\"col\"></th><th scope=\"col\">catalogue</th><th scope=\"col\">",
                  "histories</th><th scope=\"col\">watched next</th><th scope=\"col\">shown</th>",
                  "<th scope=\"col\">shown / watched</th></tr></thead><tbody>", rows,
                  "</tbody></table></div>\n");
  }
  return cat(
      "<section><h2 id=\"providers\">Titles</h2>\n<p>Shares of the catalogue, of what members "
      "watched, of what they watched next, and of the places that lists of ten gave, each place by "
      "1 / log2(1 + place).</p>\n",
      tables, "</section>\n");
}

}  // namespace

std::string to_json(const FairnessReport& report) {
  Json members = Json::object(), providers = Json::object(), found = Json::array();
  for (const MemberAttribute& attribute : report.quality.attributes) {
    Json groups = Json::array();
    for (const MemberGroup& group : attribute.groups) {
      groups.push_back({{"name", group.name},
                        {"members", group.members},
                        {"ndcg@10", interval_json(group.ndcg)},
                        {"gap", interval_json(group.gap)},
                        {"p", group.p},
                        {"adjusted_p", group.holm_p}});
    }
    members[attribute.name] = {{"groups", groups}, {"left_out", attribute.left_out}};
  }
  for (const ProviderKind& kind : report.providers) {
    Json all = Json::array();
    for (const Provider& each : kind.providers) {
      all.push_back({{"name", each.name},
                     {"catalogue", each.catalogue},
                     {"history", each.history},
                     {"watched", each.watched},
                     {"shown", interval_json(each.shown)},
                     {"ratio", each.watched > 0 ? interval_json(each.ratio) : Json(nullptr)}});
    }
    providers[kind.name] = all;
  }
  for (const FairnessFinding& each : report.findings) {
    found.push_back(
        {{"kind", each.kind == Kind::kExceeded ? "exceeded" : "unclear"}, {"text", each.text}});
  }
  return Json{{"schema", 1},
              {"bundle", report.bundle},
              {"dataset", report.dataset},
              {"test_members", report.members},
              {"ndcg@10", interval_json(report.quality.ndcg)},
              {"worst_tenth", interval_json(report.quality.worst_tenth)},
              {"members", members},
              {"providers", providers},
              {"findings", found},
              {"exceeded", report.exceeded()},
              {"seed", report.seed},
              {"resamples", report.resamples},
              {"command", report.command}}
      .dump(1);
}

std::string to_html(const FairnessReport& report) {
  std::string found;
  for (const FairnessFinding& each : report.findings) {
    found +=
        cat("<li>", each.kind == Kind::kExceeded ? "" : "not sure: ", escape(each.text), "</li>");
  }
  const std::string title = headline(report);
  return html_document(
      title,
      cat("<header><p class=\"eyebrow\">Fairness</p><h1>", title, "</h1>",
          found.empty() ? "" : cat("<ul>", found, "</ul>"), "<dl class=\"facts\">",
          html_fact("bundle", report.bundle), html_fact("dataset", report.dataset),
          html_fact("test members", grouped(report.members)), "</dl></header>\n<main>\n",
          members_section(report), providers_section(report),
          "<section class=\"lineage\"><h2 id=\"lineage\">Where it comes from</h2>\n<p>Seed ",
          report.seed, ", ", grouped(report.resamples), " resamples:</p><pre><code>",
          escape(report.command), "</code></pre></section>\n</main>\n"),
      " The same values are in report.json beside this file.");
}

std::string console_table(const FairnessReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"members", "group", "size", "NDCG@10", "against others", "95 %", "adjusted p"}};
  for (const MemberAttribute& attribute : report.quality.attributes) {
    for (const MemberGroup& group : attribute.groups) {
      rows.push_back({attribute.name, group.name, grouped(group.members), score(group.ndcg.value),
                      signed_percent(group.gap.value), range(group.gap, change),
                      fixed(group.holm_p, 4)});
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
                      none ? "–" : times(each.ratio.value), none ? "" : range(each.ratio, times)});
    }
  }
  text += "\n" + text_table(rows);
  for (const FairnessFinding& each : report.findings) {
    text += cat(each.kind == Kind::kExceeded ? "! " : "? ",
                printable(each.text, LineEnds::kEscaped), "\n");
  }
  return text + headline(report) + "\n";
}

}  // namespace marquee::evaluation
