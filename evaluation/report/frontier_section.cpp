#include "evaluation/report/frontier_section.h"

#include "core/text.h"
#include "core/text_table.h"
#include "evaluation/frontier.h"
#include "evaluation/report/interval_json.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

struct Shown {
  const char* metric;
  bool as_change;  // else the value: what it was need not be above 0
};
constexpr Shown kShown[] = {
    {"ndcg@10", true},    {"diversity@10", true},    {"coverage@10", false},   {"gini@10", false},
    {"novelty@10", true}, {"serendipity@10", false}, {"calibration@10", false}};

const Interval* shown(const FrontierPoint& point, const Shown& each) {
  return each.as_change ? point.change(each.metric) : point.metric(each.metric);
}

std::string cell(const FrontierPoint& point, const Shown& each) {
  const Interval* found = shown(point, each);
  if (found == nullptr) return "<td class=\"none\">–</td>";
  const auto text = [&](double value) {
    return each.as_change ? signed_percent(value) : fixed(value, 4);
  };
  return cat("<td>", text(found->value), "<small>", text(found->low), " to ", text(found->high),
             "</small></td>");
}

std::string method_of(const inference::Diversity& diversity) {
  std::string method = inference::name(diversity.method);
  const bool compares = diversity.method != inference::DiversityMethod::kCalibrated &&
                        diversity.method != inference::DiversityMethod::kExplicit;
  if (compares) method += diversity.by_vectors ? " by vectors" : " by genres";
  if (diversity.rules.any()) method += ", within rules for lists";
  return method;
}

}  // namespace

std::string frontier_section(const Report& report) {
  if (report.bundles.front().frontier.empty()) return "";
  std::string head = "<tr><th scope=\"col\">Strength</th>", tables;
  for (const Shown& each : kShown) head += cat("<th scope=\"col\">", each.metric, "</th>");
  for (const BundleResult& bundle : report.bundles) {
    const auto bend = knee(bundle.frontier);
    std::string rows;
    for (size_t i = 0; i < bundle.frontier.size(); ++i) {
      const FrontierPoint& point = bundle.frontier[i];
      rows += cat("<tr><th scope=\"row\">", general(point.diversity.strength, 3),
                  bend == i ? "<small>knee</small>" : "", "</th>");
      for (const Shown& each : kShown) rows += cell(point, each);
      rows += "</tr>\n";
    }
    tables += cat("<h3>", escape(bundle.label), ", ", method_of(bundle.frontier.front().diversity),
                  "</h3><div class=\"scroll\"><table><thead>", head, "</tr></thead><tbody>", rows,
                  "</tbody></table></div>\n");
  }
  return cat(
      "<section><h2 id=\"frontier\">What variety costs</h2>\n<p>The first ten when they are "
      "chosen so that they are not all similar, by the stage that serves them. Changes are "
      "relative to the ranking as it is, on the same users, with 95 % intervals. The knee is "
      "where more variety begins to cost more.</p>\n",
      tables, "</section>\n");
}

std::string frontier_console(const Report& report) {
  if (report.bundles.front().frontier.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"diversity", "strength"}};
  for (const Shown& each : kShown) rows.front().emplace_back(each.metric);
  for (const BundleResult& bundle : report.bundles) {
    const auto bend = knee(bundle.frontier);
    for (size_t i = 0; i < bundle.frontier.size(); ++i) {
      const FrontierPoint& point = bundle.frontier[i];
      auto& row = rows.emplace_back();
      row.push_back(cat(bundle.label, ", ", method_of(point.diversity)));
      row.push_back(cat(general(point.diversity.strength, 3), bend == i ? " (knee)" : ""));
      for (const Shown& each : kShown) {
        const Interval* found = shown(point, each);
        row.push_back(found == nullptr ? "–"
                      : each.as_change ? signed_percent(found->value)
                                       : fixed(found->value, 4));
      }
    }
  }
  return "\n" + text_table(rows, Align::kRight);
}

Json frontier_json(const BundleResult& bundle) {
  const auto json_of = [](const std::vector<Metric>& metrics) {
    Json json = Json::object();
    for (const Metric& each : metrics) {
      json[each.name] = interval_json(each.interval);
    }
    return json;
  };
  Json points = Json::array();
  const auto bend = knee(bundle.frontier);
  for (size_t i = 0; i < bundle.frontier.size(); ++i) {
    const FrontierPoint& point = bundle.frontier[i];
    points.push_back({{"strength", point.diversity.strength},
                      {"method", inference::name(point.diversity.method)},
                      {"by", point.diversity.by_vectors ? "vectors" : "genres"},
                      {"knee", bend == i},
                      {"metrics", json_of(point.metrics)},
                      {"changes", json_of(point.changes)}});
  }
  return points;
}

}  // namespace marquee::evaluation
