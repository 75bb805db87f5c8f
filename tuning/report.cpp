#include "tuning/report.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "evaluation/report/document.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/svg.h"

namespace marquee::tuning {

namespace {

using evaluation::escape;
using evaluation::Scale;
using evaluation::Svg;

constexpr double kWidth = 400, kLeft = 52, kRight = kWidth - 12, kTop = 10, kBottom = 210;

double score_of(const TrialResult& result) {
  return result.score.by_rmse ? result.score.rmse : result.score.ndcg;
}

const char* metric_of(const Tuned& tuned) {
  return tuned.best.score.by_rmse ? "validation RMSE" : "validation NDCG@10";
}

std::string value_of(const Tuned& tuned, int64_t trial, const std::string& key) {
  for (const auto& assignment : tuned.trials[static_cast<size_t>(trial)]) {
    if (assignment.starts_with(key + "=")) return assignment.substr(key.size() + 1);
  }
  return "";
}

std::string hover(const Tuned& tuned, const TrialResult& result) {
  return cat("trial ", result.trial, " after ", result.epochs,
             " epochs: ", fixed(score_of(result), 4), "; ",
             described(tuned.trials[static_cast<size_t>(result.trial)]));
}

// From the worst to the best score of those that did not fail.
Scale score_scale(const Tuned& tuned) {
  double low = 1e300, high = -1e300;
  for (const TrialResult& result : tuned.results) {
    if (result.failed()) continue;
    low = std::min(low, score_of(result));
    high = std::max(high, score_of(result));
  }
  Scale y = evaluation::round_scale(tuned.best.score.by_rmse ? low : 0, high, 4);
  y.begin = kBottom;
  y.end = kTop;
  return y;
}

void draw_scores(Svg& svg, const Scale& y) {
  for (const double tick : y.ticks) {
    svg.line(kLeft, y(tick), kRight, y(tick), tick == y.from ? "axis" : "grid");
    svg.text(kLeft - 6, y(tick) + 4, evaluation::tick_text(y, tick), "end");
  }
}

std::string figure(const std::string& title, const std::string& caption, const std::string& body) {
  return cat("<figure><figcaption><strong>", escape(title), "</strong> ", escape(caption),
             "</figcaption>", body, "</figure>\n");
}

// Each trial's way through the rungs.
std::string halving_plot(const Tuned& tuned) {
  const Scale y = score_scale(tuned);
  const double slot = (kRight - kLeft) / static_cast<double>(tuned.rungs.size());
  const auto x = [&](int64_t rung) { return kLeft + slot * (static_cast<double>(rung) + 0.5); };
  Svg svg(kWidth, kBottom + 38, "Trials by rung",
          "A line for each trial; the table below has the numbers.");
  draw_scores(svg, y);
  for (size_t rung = 0; rung < tuned.rungs.size(); ++rung) {
    svg.text(x(static_cast<int64_t>(rung)), kBottom + 17, cat(tuned.rungs[rung].epochs, " epochs"),
             "middle", "label");
    svg.text(x(static_cast<int64_t>(rung)), kBottom + 32, cat(tuned.rungs[rung].trials, " trials"),
             "middle");
  }
  std::vector<TrialResult> trials = ranking(tuned);
  std::reverse(trials.begin(), trials.end());  // the best one is drawn last
  for (const TrialResult& result : trials) {
    std::vector<std::pair<double, double>> points;
    const size_t series = result.trial == tuned.best.trial ? 0 : 1;
    for (const TrialResult& one : tuned.results) {
      if (one.trial != result.trial || one.failed()) continue;
      points.emplace_back(x(one.rung), y(score_of(one)));
      svg.marker(points.back().first, points.back().second, series, hover(tuned, one));
    }
    if (points.size() > 1) svg.path(points, "curve " + evaluation::series_class(series));
  }
  return figure("Successive halving", cat(metric_of(tuned), " of each trial, the best one apart"),
                svg.finish());
}

// Places of a key's values across the plot, with their labels.
struct Axis {
  std::vector<std::pair<double, std::string>> labels;
  std::vector<double> places;  // [results]
};

Axis axis_of(const Tuned& tuned, const configs::SearchKey& key,
             const std::vector<TrialResult>& results) {
  Axis axis;
  if (!key.choices.empty()) {
    const double slot = (kRight - kLeft) / static_cast<double>(key.choices.size());
    const auto place = [&](size_t choice) {
      return kLeft + slot * (static_cast<double>(choice) + 0.5);
    };
    for (size_t i = 0; i < key.choices.size(); ++i)
      axis.labels.push_back({place(i), key.choices[i]});
    for (const auto& result : results) {
      const auto at =
          std::find(key.choices.begin(), key.choices.end(), value_of(tuned, result.trial, key.key));
      axis.places.push_back(place(static_cast<size_t>(at - key.choices.begin())));
    }
    return axis;
  }
  const auto measure = [&](double value) { return key.logarithmic ? std::log(value) : value; };
  const double low = measure(key.from), span = std::max(1e-12, measure(key.to) - low);
  const auto place = [&](double value) {
    return kLeft + 10 + (kRight - kLeft - 20) * (measure(value) - low) / span;
  };
  const double middle = key.logarithmic ? std::sqrt(key.from * key.to) : (key.from + key.to) / 2;
  for (const double value : {key.from, middle, key.to}) {
    axis.labels.push_back({place(value), general(value, 2)});
  }
  for (const auto& result : results) {
    axis.places.push_back(place(std::stod(value_of(tuned, result.trial, key.key))));
  }
  return axis;
}

std::string key_plot(const Tuned& tuned, const configs::SearchKey& key) {
  std::vector<TrialResult> results;
  for (const TrialResult& result : ranking(tuned)) {
    if (!result.failed()) results.push_back(result);
  }
  const Scale y = score_scale(tuned);
  const Axis axis = axis_of(tuned, key, results);
  Svg svg(kWidth, kBottom + 24, key.key,
          "A point for each trial by its value and its score; the table below has the numbers.");
  draw_scores(svg, y);
  for (const auto& [place, label] : axis.labels) {
    svg.text(place, kBottom + 17, label, "middle", "label");
  }
  for (size_t i = results.size(); i-- > 0;) {
    svg.marker(axis.places[i], y(score_of(results[i])), i == 0 ? 0 : 1, hover(tuned, results[i]));
  }
  return figure(key.key, cat(metric_of(tuned), " of each trial by this key's value"), svg.finish());
}

std::string trials_table(const Tuned& tuned) {
  std::string head = "<tr><th>trial</th>";
  for (const auto& key : tuned.keys) head += cat("<th>", evaluation::breakable(key.key), "</th>");
  head += cat("<th>epochs</th><th>", metric_of(tuned), "</th><th>seconds</th></tr>");
  std::string rows;
  for (const TrialResult& result : ranking(tuned)) {
    rows += cat("<tr><td>", result.trial, "</td>");
    for (const auto& key : tuned.keys) {
      rows += cat("<td>", escape(value_of(tuned, result.trial, key.key)), "</td>");
    }
    double seconds = 0;
    for (const auto& one : tuned.results) seconds += one.trial == result.trial ? one.seconds : 0;
    rows += cat("<td>", result.epochs, "</td><td>",
                result.failed() ? "failed: " + escape(result.error) : fixed(score_of(result), 4),
                "</td><td>", fixed(seconds, 1), "</td></tr>\n");
  }
  return cat("<table class=\"sortable\"><thead>", head, "</thead><tbody>", rows,
             "</tbody></table>\n");
}

}  // namespace

std::string described(const configs::Assignments& assignments) { return join(assignments, "  "); }

std::vector<TrialResult> ranking(const Tuned& tuned) {
  std::vector<TrialResult> last;
  for (size_t trial = 0; trial < tuned.trials.size(); ++trial) {
    for (auto result = tuned.results.rbegin(); result != tuned.results.rend(); ++result) {
      if (result->trial != static_cast<int64_t>(trial)) continue;
      last.push_back(*result);
      break;
    }
  }
  // Trials that came further are before trials that were dropped.
  std::stable_sort(last.begin(), last.end(), [](const auto& a, const auto& b) {
    if (a.failed() != b.failed()) return b.failed();
    if (a.rung != b.rung) return a.rung > b.rung;
    return !a.failed() && a.score.better_than(b.score);
  });
  return last;
}

Json report_json(const Tuned& tuned) {
  Json trials = Json::array(), ladder = Json::array(), results = Json::array();
  for (const auto& assignments : tuned.trials) trials.push_back(assignments);
  for (const Rung& rung : tuned.rungs) {
    ladder.push_back({{"trials", rung.trials}, {"epochs", rung.epochs}});
  }
  for (const TrialResult& result : tuned.results) results.push_back(to_json(result));
  return {{"schema", 1},     {"dataset", tuned.dataset}, {"trials", trials},
          {"rungs", ladder}, {"results", results},       {"best", to_json(tuned.best)}};
}

std::string report_html(const Tuned& tuned) {
  std::string plots = halving_plot(tuned);
  for (const auto& key : tuned.keys) plots += key_plot(tuned, key);
  const std::string title = cat("Best of ", tuned.trials.size(), " trials on ", tuned.dataset);
  return evaluation::html_document(
      title, cat("<main><header><h1>", escape(title), "</h1><p>Trial ", tuned.best.trial, ": ",
                 training::describe(tuned.best.score), " with ",
                 escape(described(tuned.trials[static_cast<size_t>(tuned.best.trial)])),
                 ". Validation users only: the test part was not used.</p></header>\n",
                 "<section><h2>Trials</h2><div class=\"plots\">", plots, "</div></section>\n",
                 "<section><h2>All trials</h2>", trials_table(tuned), "</section>\n</main>\n"));
}

}  // namespace marquee::tuning
