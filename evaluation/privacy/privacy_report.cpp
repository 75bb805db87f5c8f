// What audit_privacy found, written down: console, JSON, HTML.
#include <algorithm>

#include "core/json.h"
#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/privacy/audit.h"
#include "evaluation/report/document.h"
#include "evaluation/report/interval_json.h"
#include "evaluation/report/line_plot.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

constexpr double kLevel = 0.05;  // of adjusted p
constexpr double kChance = 0.5;  // AUC of a coin

std::string area_text(double value) { return fixed(value, 3); }

std::string area_range(const Interval& each) { return range_of(each, area_text); }

std::string cell(const Interval& each, bool marked = false) {
  return cat("<td", marked ? " class=\"best\"" : "", ">", area_text(each.value), "<small>",
             area_range(each), "</small></td>");
}

bool surely_finds(const AttackResult& each) {
  return attacks()[each.attack].fair && each.area.auc.value > kChance && each.holm_p < kLevel;
}

// What the best attack finds, over all bundles.
std::string strongest(const PrivacyReport& report) {
  const AttackResult* best = nullptr;
  std::string bundle;
  for (const BundlePrivacy& each : report.bundles) {
    for (const AttackResult& attack : each.attacks) {
      if (!surely_finds(attack)) continue;
      if (best != nullptr && attack.area.auc.value <= best->area.auc.value) continue;
      best = &attack;
      bundle = each.name;
    }
  }
  if (best == nullptr) return "No attack surely tells who was in training";
  return cat(bundle, " gives away who was in training: AUC ", area_text(best->area.auc.value), " (",
             area_range(best->area.auc), ")");
}

std::string headline(const PrivacyReport& report) {
  return report.limits.none() ? strongest(report) : headline_of(report.findings);
}

std::string attacks_table(const BundlePrivacy& bundle) {
  std::string rows;
  for (const AttackResult& each : bundle.attacks) {
    const Attack& attack = attacks()[each.attack];
    rows += cat("<tr><th scope=\"row\"><a href=\"#attack-", attack.id, "\">", escape(attack.name),
                "</a></th>", cell(each.area.auc, surely_finds(each)), "<td>",
                percent(each.found.value), "<small>", percent_range(each.found),
                "</small></td><td>", attack.fair ? fixed(each.holm_p, 4) : "–", "</td></tr>\n");
  }
  return cat("<h3>", escape(bundle.name),
             "</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">attack</th><th "
             "scope=\"col\">AUC</th><th scope=\"col\">found at 1 % false positives</th><th "
             "scope=\"col\">adjusted p</th></tr></thead><tbody>",
             rows, "</tbody></table></div>\n");
}

std::string plot(const BundlePrivacy& bundle) {
  LinePlot plot(bundle.name + ": share of members found", {.end = 1});
  for (const AttackResult& each : bundle.attacks) plot.add(attacks()[each.attack].name, each.curve);
  return plot.finish("by the share of people held out who are taken for members");
}

std::string membership_section(const PrivacyReport& report) {
  std::string tables, plots, definitions;
  for (const BundlePrivacy& bundle : report.bundles) {
    tables += attacks_table(bundle);
    plots += plot(bundle);
  }
  for (const Attack& each : attacks()) {
    definitions += cat("<dt id=\"attack-", each.id, "\">", escape(each.name), "</dt><dd>",
                       escape(each.text), " ", escape(each.source), ".</dd>\n");
  }
  return cat(
      "<section><h2 id=\"membership\">Who was in training</h2>\n<p>", grouped(report.pairs),
      " members and as many people whom training has never seen, each paired with a member of "
      "about as many titles (",
      fixed(report.member_titles, 1), " and ", fixed(report.held_out_titles, 1),
      " on average). Both are treated the same: their histories are folded in and the titles "
      "ranked. An AUC of 0.5 is a coin, 1 is certainty; the other column is the share of members "
      "who are found where 1 % of the others are taken for members. With 95 % intervals; p of an "
      "AUC of 0.5, adjusted for all rows (Holm).</p>\n",
      tables, "<div class=\"plots\">", plots, "</div>\n<dl class=\"definitions\">", definitions,
      "</dl></section>\n");
}

std::string attributes_table(const BundlePrivacy& bundle) {
  std::string rows, notes;
  for (const ProbedAttribute& each : bundle.attributes) {
    if (each.left_out > 0 || each.groups.empty()) {
      notes +=
          cat(notes.empty() ? "" : "; ", escape(each.name), ": ", count(each.left_out, "member"),
              " left out", each.groups.empty() ? ", not probed" : "");
    }
    if (each.groups.empty()) continue;
    rows += cat("<tr><th scope=\"row\">", escape(each.name), "</th>",
                cell(each.auc, each.holm_p < kLevel), "<td>", area_text(each.shuffled_high),
                "</td><td>", fixed(each.holm_p, 4), "</td><td></td></tr>\n");
    for (const ProbedGroup& group : each.groups) {
      rows += cat("<tr><th scope=\"row\">– ", escape(group.name), "</th>", cell(group.auc),
                  "<td></td><td></td><td>", grouped(group.people), "</td></tr>\n");
    }
  }
  return cat("<h3>", escape(bundle.name), ": ", escape(bundle.knows),
             "</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">attribute</th><th "
             "scope=\"col\">AUC</th><th scope=\"col\">shuffled, up to</th><th "
             "scope=\"col\">adjusted p</th><th scope=\"col\">people</th></tr></thead><tbody>",
             rows, "</tbody></table></div>\n",
             notes.empty()
                 ? ""
                 : cat("<p class=\"note\">Without a value, in groups of fewer than ", kLeastGroup,
                       " or beyond the largest ", kMostProbedGroups, ": ", notes, ".</p>\n"));
}

std::string attributes_section(const PrivacyReport& report) {
  std::string tables;
  for (const BundlePrivacy& bundle : report.bundles) {
    if (!bundle.attributes.empty()) tables += attributes_table(bundle);
  }
  return cat(
      "<section><h2 id=\"attributes\">What people are like</h2>\n",
      tables.empty()
          ? "<p>The dataset has no users file, so that there is nothing to infer.</p>\n"
          : "<p>A ridge regression guesses each column of the users file from what the model makes "
            "of the histories of the same people; each is guessed by a regression fitted on "
            "others (five folds). The AUC is the mean over groups, each against all others; beside "
            "it is the upper end of 95 % of the same with shuffled groups. What a vector gives "
            "away, the history gives away as well.</p>\n",
      tables, "</section>\n");
}

Json json_of(const AttackResult& each) {
  Json curve = Json::array();
  for (const auto& [wrong, right] : each.curve) curve.push_back(right);
  const Attack& attack = attacks()[each.attack];
  Json json = {{"attack", attack.id},
               {"same_treatment", attack.fair},
               {"auc", interval_json(each.area.auc)},
               {"found_at_1_percent", interval_json(each.found)}};
  if (attack.fair) json.update({{"p", each.area.p}, {"adjusted_p", each.holm_p}});
  json["found_by_percent"] = std::move(curve);
  return json;
}

Json json_of(const ProbedAttribute& each) {
  Json groups = Json::array();
  for (const ProbedGroup& group : each.groups) {
    groups.push_back(
        {{"name", group.name}, {"people", group.people}, {"auc", interval_json(group.auc)}});
  }
  Json json = {{"groups", std::move(groups)}, {"left_out", each.left_out}};
  if (each.groups.empty()) return json;
  json.update({{"auc", interval_json(each.auc)},
               {"shuffled_high", each.shuffled_high},
               {"p", each.p},
               {"adjusted_p", each.holm_p}});
  return json;
}

Json json_of(const std::optional<double>& limit) { return limit ? Json(*limit) : Json(nullptr); }

}  // namespace

std::string to_json(const PrivacyReport& report) {
  Json bundles = Json::array();
  for (const BundlePrivacy& bundle : report.bundles) {
    Json results = Json::array(), attributes = Json::object();
    for (const AttackResult& each : bundle.attacks) results.push_back(json_of(each));
    for (const ProbedAttribute& each : bundle.attributes) attributes[each.name] = json_of(each);
    bundles.push_back({{"bundle", bundle.name},
                       {"membership", std::move(results)},
                       {"inferred_from", bundle.knows},
                       {"attributes", std::move(attributes)}});
  }
  return Json{
      {"schema", 1},
      {"answer", headline(report)},
      {"dataset", report.dataset},
      {"pairs", report.pairs},
      {"mean_titles", {{"members", report.member_titles}, {"held_out", report.held_out_titles}}},
      {"limits",
       {{"auc", json_of(report.limits.auc)},
        {"found_at_1_percent", json_of(report.limits.found)},
        {"attribute_auc", json_of(report.limits.attribute_auc)}}},
      {"bundles", std::move(bundles)},
      {"findings", findings_json(report.findings)},
      {"exceeded", report.exceeded()},
      {"seed", report.seed},
      {"resamples", report.resamples},
      {"command", report.command}}
      .dump(1);
}

std::string to_html(const PrivacyReport& report) {
  const std::string title = headline(report);
  std::vector<std::string> names;
  for (const BundlePrivacy& each : report.bundles) names.push_back(each.name);
  return html_document(
      title,
      cat("<header><p class=\"eyebrow\">Privacy</p><h1>", escape(title), "</h1>",
          report.limits.none() ? "" : cat("<p class=\"lead\">", escape(strongest(report)), ".</p>"),
          findings_html(report.findings), "<dl class=\"facts\">",
          html_fact(names.size() == 1 ? "bundle" : "bundles", join(names, ", ")),
          html_fact("dataset", report.dataset), html_fact("members", grouped(report.pairs)),
          html_fact("held out", grouped(report.pairs)), "</dl></header>\n<main>\n",
          membership_section(report), attributes_section(report),
          html_made_by(report.seed, report.resamples, report.command), "</main>\n"),
      " The same values are in report.json beside this file.");
}

std::string console_table(const PrivacyReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"who was in training", "attack", "AUC", "95 %", "adjusted p", "found at 1 %", "95 %"}};
  for (const BundlePrivacy& bundle : report.bundles) {
    for (const AttackResult& each : bundle.attacks) {
      const Attack& attack = attacks()[each.attack];
      rows.push_back({bundle.name, attack.name, area_text(each.area.auc.value),
                      area_range(each.area.auc), attack.fair ? fixed(each.holm_p, 4) : "–",
                      percent(each.found.value), percent_range(each.found)});
    }
  }
  std::string text = text_table(rows);
  rows = {{"what people are like", "attribute", "groups", "AUC", "95 %", "shuffled, up to",
           "adjusted p"}};
  for (const BundlePrivacy& bundle : report.bundles) {
    for (const ProbedAttribute& each : bundle.attributes) {
      if (each.groups.empty()) continue;
      rows.push_back({bundle.name, each.name, std::to_string(each.groups.size()),
                      area_text(each.auc.value), area_range(each.auc),
                      area_text(each.shuffled_high), fixed(each.holm_p, 4)});
    }
  }
  text += "\n" +
          (rows.size() > 1 ? text_table(rows) : std::string("No attributes of users to infer.\n"));
  if (!report.limits.none()) text += strongest(report) + "\n";
  return text + findings_console(report.findings) + headline(report) + "\n";
}

}  // namespace marquee::evaluation
