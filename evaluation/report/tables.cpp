#include "evaluation/report/tables.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "evaluation/report/definitions.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/svg.h"

namespace marquee::evaluation {

namespace {

std::string table(const std::string& caption, const std::string& head, const std::string& rows) {
  return cat("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", caption,
             "\"><table class=\"sortable\"><caption>", caption, "</caption><thead>", head,
             "</thead><tbody>\n", rows, "</tbody></table></div>\n");
}

std::string column(const std::string& content, const char* note = "") {
  return cat("<th scope=\"col\">", content, *note == '\0' ? "" : cat("<small>", note, "</small>"),
             "</th>");
}

std::string row_head(const std::string& content) {
  return cat("<th scope=\"row\">", content, "</th>");
}

std::string bundle_head(const Report& report, size_t i) {
  return cat(legend_marker(i), "<span>", breakable(report.bundles[i].label), "</span>");
}

std::string bundle_columns(const Report& report) {
  std::string columns;
  for (size_t i = 0; i < report.bundles.size(); ++i) columns += column(bundle_head(report, i));
  return columns;
}

std::string cell(std::string_view metric, const Interval* interval, const char* style = "",
                 const char* mark = "") {
  if (interval == nullptr) return "<td class=\"none\" data-v=\"\">–</td>";
  return cat("<td", *style == '\0' ? "" : cat(" class=\"", style, "\""), " data-v=\"",
             interval->value, "\">", mark, value_text(metric, interval->value), "<small>",
             range_text(metric, *interval), "</small></td>");
}

std::string spread_cell(std::string_view metric, const SeedSpread* spread) {
  if (spread == nullptr) return "<td class=\"none\" data-v=\"\">–</td>";
  const auto [lowest, highest] = std::minmax_element(spread->values.begin(), spread->values.end());
  return cat("<td data-v=\"", spread->mean(), "\">", value_text(metric, spread->mean()), " ± ",
             value_text(metric, spread->deviation()), "<small>",
             range_text(metric, {spread->mean(), *lowest, *highest}), "</small></td>");
}

// A cell of a heat map: the darker, the closer to the highest value of the map.
std::string heated(const std::string& cell, double value, double highest) {
  const auto share = highest > 0 ? std::lround(100 * value / highest) : 0;
  return cat("<td class=\"heat\" style=\"--heat:", share, "%\"", cell.substr(3));
}

// A cell of the models table: the best of its column, or level with it, or neither.
std::string compared_cell(const Report& report, const MetricName& name, size_t i) {
  const Interval* own = report.bundles[i].find(name.protocol, name.metric);
  const std::optional<size_t> best = report.best(name.protocol, name.metric);
  const auto has_it = [&](const BundleResult& bundle) {
    return bundle.find(name.protocol, name.metric) != nullptr;
  };
  const auto rivals = std::count_if(report.bundles.begin(), report.bundles.end(), has_it);
  if (own == nullptr || rivals < 2) return cell(name.metric, own);
  if (i == *best) return cell(name.metric, own, "best", "<abbr title=\"best\">★</abbr> ");
  const auto behind = report.difference(name.protocol, name.metric, *best, i);
  if (!behind || behind->significant()) return cell(name.metric, own);
  return cell(name.metric, own, "level", "<abbr title=\"level with the best\">≈</abbr> ");
}

// Whether training protected members, and how well.
std::string privacy_cell(const Json& privacy) {
  if (privacy.is_null()) return "<td class=\"none\">–</td>";
  const auto number = [&](const char* name) { return general(privacy.at(name).get<double>(), 3); };
  return cat("<td data-v=\"", number("epsilon"), "\">ε ", number("epsilon"), "<small>δ ",
             number("delta"), "</small></td>");
}

std::string p_text(double p) { return p < 0.0001 ? "&lt;\u202f0.0001" : fixed(p, 4); }

}  // namespace

std::string models_table(const Report& report) {
  std::string head = cat("<tr>", column("Model"));
  for (const MetricName& name : compared_metrics()) {
    if (!report.best(name.protocol, name.metric)) continue;
    head += column(linked_name(name.metric), definition(name.protocol).name);
  }
  const bool some_private = std::ranges::any_of(
      report.bundles, [](const BundleResult& bundle) { return !bundle.privacy.is_null(); });
  if (some_private) head += column("Privacy", "differential privacy of members");
  const bool some_refitted = report.some_learned_from_valid();
  if (some_refitted) head += column("Learned from", "parts of the dataset");
  head += column("Parameters") + "</tr>";
  std::string rows;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    rows += "<tr>" + row_head(bundle_head(report, i));
    for (const MetricName& name : compared_metrics()) {
      if (report.best(name.protocol, name.metric)) rows += compared_cell(report, name, i);
    }
    if (some_private) rows += privacy_cell(report.bundles[i].privacy);
    if (some_refitted) {
      rows += report.bundles[i].learned_from_valid ? "<td>train and valid</td>" : "<td>train</td>";
    }
    const int64_t parameters = report.bundles[i].parameters;
    rows += cat("<td data-v=\"", parameters, "\">", grouped(parameters), "</td></tr>\n");
  }
  return table("Models compared, with 95 % intervals", head, rows);
}

std::string seeds_table(const Report& report) {
  const BundleResult& first = report.bundles.front();
  if (first.seeds.empty()) return "";
  std::string head = cat("<tr>", column("Model"), column("Seeds")), rows;
  for (const MetricName& name : compared_metrics()) {
    if (!report.best(name.protocol, name.metric)) continue;
    head += column(linked_name(name.metric), definition(name.protocol).name);
  }
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    const BundleResult& bundle = report.bundles[i];
    rows += cat("<tr>", row_head(bundle_head(report, i)), "<td>",
                bundle.seeds.front().values.size(), "</td>");
    for (const MetricName& name : compared_metrics()) {
      if (!report.best(name.protocol, name.metric)) continue;
      rows += spread_cell(name.metric, bundle.spread(name.protocol, name.metric));
    }
    rows += "</tr>\n";
  }
  return table("Means over seeds, with the standard deviation between seeds", head + "</tr>", rows);
}

std::string slices_table(const Report& report, size_t kind, Interval Slice::*value,
                         const std::string& metric) {
  const SliceKind& first = report.bundles.front().slices[kind];
  const std::vector<Slice>& bins = first.slices;
  double highest = 0;
  for (const BundleResult& bundle : report.bundles) {
    for (const Slice& slice : bundle.slices[kind].slices) {
      if (slice.n > 0) highest = std::max(highest, (slice.*value).value);
    }
  }
  std::string rows;
  for (size_t bin = 0; bin < bins.size(); ++bin) {
    if (bins[bin].n == 0) continue;
    rows += cat("<tr>", row_head(escape(bins[bin].name)), "<td>", grouped(bins[bin].n), "</td>");
    for (const BundleResult& bundle : report.bundles) {
      const Slice& slice = bundle.slices[kind].slices[bin];
      rows += heated(cell(metric, &(slice.*value)), (slice.*value).value, highest);
    }
    rows += "</tr>\n";
  }
  const std::string head = "<tr>" + column("Slice") + column("n") + bundle_columns(report);
  return table(display_name(metric) + " by " + first.by, head + "</tr>", rows);
}

std::string beyond_accuracy_table(const Report& report) {
  const char* metrics[] = {"coverage@10",    "gini@10",      "novelty@10",
                           "serendipity@10", "diversity@10", "popularity_lift@10",
                           "calibration@10"};
  std::string head = "<tr>" + column("Model");
  for (const char* metric : metrics) head += column(linked_name(metric));
  std::string rows;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    rows += "<tr>" + row_head(bundle_head(report, i));
    for (const char* metric : metrics) {
      rows += cell(metric, report.bundles[i].find("beyond_accuracy", metric));
    }
    rows += "</tr>\n";
  }
  return table("What the first ten are like, with 95 % intervals", head + "</tr>", rows);
}

std::string gate_table(const Report& report) {
  const auto number = [](double value) {
    return cat("<td data-v=\"", value, "\">", fixed(value, 4), "</td>");
  };
  std::string rows;
  for (const GateFinding& each : report.gate) {
    const double change = each.before == 0 ? 0 : each.now / each.before - 1;
    rows += cat("<tr>", row_head(escape(each.what)), number(each.before), number(each.now),
                "<td data-v=\"", change, "\">",
                each.before == 0 ? "–" : cat(fixed(change * 100, 1), " %"), "</td><td data-v=\"",
                each.margin, "\">", fixed(each.margin * 100, 1), " %</td><td>",
                each.failed ? "worse" : "ok", "</td></tr>\n");
  }
  return table("What the gate compares",
               cat("<tr>", column("Metric"), column("Before"), column("Now"), column("Change"),
                   column("May be worse by"), column("Finding"), "</tr>"),
               rows);
}

std::string protocol_table(const Report& report, const std::string& protocol) {
  const BundleResult* fullest = &report.bundles.front();  // not every bundle predicts ratings
  for (const BundleResult& bundle : report.bundles) {
    if (bundle.metrics.size() > fullest->metrics.size()) fullest = &bundle;
  }
  std::string rows;
  for (const Metric& metric : fullest->metrics) {
    if (metric.protocol != protocol) continue;
    rows += "<tr>" + row_head(linked_name(metric.name));
    for (const BundleResult& bundle : report.bundles) {
      rows += cell(metric.name, bundle.find(protocol, metric.name));
    }
    rows += "</tr>\n";
  }
  if (rows.empty()) return "";
  return table(protocol_name(protocol) + ": every metric, with 95 % intervals",
               "<tr>" + column("Metric") + bundle_columns(report) + "</tr>", rows);
}

std::string differences_table(const Report& report) {
  std::string rows;
  for (const Difference& each : report.differences) {
    if (each.protocol != "full_rank" || each.metric != "ndcg@10") continue;
    const Interval& found = each.interval;
    rows += cat("<tr>",
                row_head(bundle_head(report, each.a) + " <span>minus</span> " +
                         bundle_head(report, each.b)),
                cell(each.metric, &found), "<td data-v=\"", each.adjusted_p, "\">",
                p_text(each.adjusted_p), "</td><td>",
                !each.significant() ? "level"
                : found.value > 0   ? "better"
                                    : "worse",
                "</td></tr>\n");
  }
  if (rows.empty()) return "";
  return table(
      "Differences in NDCG@10 over all titles, on the same users",
      cat("<tr>", column("Models"), column("Difference"),
          column("<a href=\"#def-difference\">p</a>", "Holm"), column("So the first is"), "</tr>"),
      rows);
}

}  // namespace marquee::evaluation
