#include "evaluation/fairness/fairness_sections.h"

#include <algorithm>

#include "core/text.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

std::string stars(double value) { return fixed(value, 3); }

// Two cells: the genre that grows most from histories to lists, and the one that shrinks most.
std::string most_shifted(const Amplification& of) {
  if (of.genres.empty()) return "<td></td><td></td>";
  const auto [least, most] = std::ranges::minmax_element(
      of.genres, {}, [](const GenreShift& each) { return each.ratio.value; });
  const auto cell = [](const GenreShift& genre) {
    return cat("<td>", escape(genre.name), " × ", times_text(genre.ratio.value), "<small>",
               range_of(genre.ratio, times_text), "</small></td>");
  };
  return cell(*most) + cell(*least);
}

}  // namespace

std::string change_text(double share) { return signed_percent(share); }
std::string score_text(double value) { return fixed(value, 4); }
std::string times_text(double value) { return fixed(value, 2); }

std::string members_section(const FairnessReport& report) {
  std::string tables;
  for (const MemberAttribute& attribute : report.quality.attributes) {
    std::string rows;
    for (const MemberGroup& group : attribute.groups) {
      rows += cat("<tr><th scope=\"row\">", escape(group.name), "</th><td>", grouped(group.members),
                  "</td><td>", score_text(group.ndcg.value), "<small>",
                  range_of(group.ndcg, score_text), "</small></td><td",
                  group.holm_p < 0.05 ? " class=\"best\"" : "", ">",
                  signed_percent(group.gap.value), "<small>", range_of(group.gap, change_text),
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
      score_text(report.quality.ndcg.value), " (", range_of(report.quality.ndcg, score_text),
      "); of the tenth for whom it is lowest ", score_text(report.quality.worst_tenth.value),
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
                  "</small></td><td>", none ? "–" : times_text(each.ratio.value), "<small>",
                  none ? "" : range_of(each.ratio, times_text), "</small></td></tr>\n");
    }
    tables +=
        cat("<h3>", escape(kind.name), "</h3><div class=\"scroll\"><table><thead><tr><th ",
            "scope=\"col\"></th><th scope=\"col\">catalogue</th><th scope=\"col\">",
            "histories</th><th scope=\"col\">watched next</th><th scope=\"col\">shown</th>",
            "<th scope=\"col\">shown / watched</th></tr></thead><tbody>", rows,
            "</tbody></table></div>\n<p class=\"note\">Shown and watched are ",
            times_text(kind.amortised.value), " apart (", range_of(kind.amortised, times_text),
            "; 0: equal shares, 2: nothing shared).</p>\n");
  }
  return cat(
      "<section><h2 id=\"providers\">Titles</h2>\n<p>Shares of the catalogue, of what members "
      "watched, of what they watched next, and of the places that lists of ten gave, each place by "
      "1 / log2(1 + place).</p>\n",
      tables, "</section>\n");
}

std::string ratings_section(const FairnessReport& report) {
  std::string tables;
  for (const RatingAttribute& attribute : report.ratings) {
    std::string rows;
    for (const RatingGroup& group : attribute.groups) {
      rows += cat("<tr><th scope=\"row\">", escape(group.name), "</th><td>", grouped(group.members),
                  "</td>");
      for (const RatingGap& gap : group.gaps) {
        rows += cat("<td", gap.holm_p < 0.05 ? " class=\"best\"" : "", ">", stars(gap.value.value),
                    "<small>", range_of(gap.value, stars), "; chance ", stars(gap.by_chance),
                    "; p ", fixed(gap.holm_p, 3), "</small></td>");
      }
      rows += "</tr>\n";
    }
    if (rows.empty()) continue;
    tables += cat("<h3>", escape(attribute.name), "</h3><div class=\"scroll\"><table><thead><tr>",
                  "<th scope=\"col\">group</th><th scope=\"col\">members</th>");
    for (const char* name : kRatingGaps) tables += cat("<th scope=\"col\">", name, "</th>");
    tables += cat("</tr></thead><tbody>", rows, "</tbody></table></div>\n");
  }
  if (tables.empty()) return "";
  return cat(
      "<section><h2 id=\"ratings\">Predicted ratings</h2>\n<p>How far each group and all other ",
      "members are apart, in stars (Yao &amp; Huang 2017), over titles that both rated. Chance is "
      "the mean of groups of the same size that are drawn at random; p is of these being as far "
      "apart, adjusted for all groups (Holm).</p>\n",
      tables, "</section>\n");
}

std::string european_line(const FairnessReport& report) {
  const EuropeanWorks& works = *report.european;
  return cat(percent(works.catalogue), " of the catalogue, ", percent(works.shown.value),
             " of what is shown (", percent_range(works.shown), "), ", percent(works.watched),
             " of what is watched next; ", percent(works.lists.value), " of lists (",
             percent_range(works.lists), ") have ", report.limits.european.titles_in_list,
             " or more; countries are known for ", percent(works.known), " of the titles");
}

std::string european_section(const FairnessReport& report) {
  if (!report.european) return "";
  return cat("<section><h2 id=\"european\">European works</h2>\n<p>", european_line(report),
             ".</p>\n<p class=\"note\">Titles with more than half of their countries among: ",
             escape(report.limits.european.countries),
             ". What counts as a European work (Directive 2010/13/EU) is for lawyers; the "
             "countries of titles stand for it here.</p></section>\n");
}

std::string amplification_section(const FairnessReport& report) {
  std::string genres, groups;
  for (const GenreShift& genre : report.amplification.front().genres) {
    genres += cat("<tr><th scope=\"row\">", escape(genre.name), "</th><td>", percent(genre.history),
                  "</td><td>", percent(genre.lists.value), "<small>", percent_range(genre.lists),
                  "</small></td><td>", times_text(genre.ratio.value), "<small>",
                  range_of(genre.ratio, times_text), "</small></td></tr>\n");
  }
  for (const Amplification& each : report.amplification) {
    const std::string name =
        each.group.empty() ? "all members" : cat(each.attribute, ": ", each.group);
    groups += cat("<tr><th scope=\"row\">", escape(name), "</th><td>",
                  signed_percent(each.popularity_lift.value), "<small>",
                  range_of(each.popularity_lift, change_text), "</small></td>", most_shifted(each),
                  "</tr>\n");
  }
  return cat(
      "<section><h2 id=\"amplification\">From histories to lists</h2>\n<p>How much more popular "
      "the titles of lists are than those of the histories they are made from (popularity lift), "
      "and the genres that lists have most and least of, for their share of histories.</p>",
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">members</th><th scope=\"col\">",
      "popularity lift</th><th scope=\"col\">more of</th><th scope=\"col\">less of</th></tr>",
      "</thead><tbody>", groups, "</tbody></table></div>\n<h3>Genres, all members</h3>",
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\"></th><th scope=\"col\">histories",
      "</th><th scope=\"col\">lists</th><th scope=\"col\">lists / histories</th></tr></thead>",
      "<tbody>", genres, "</tbody></table></div></section>\n");
}

}  // namespace marquee::evaluation
