#include "evaluation/report/headline.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/text.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

constexpr const char* kProtocol = "full_rank";
constexpr const char* kMetric = "ndcg@10";

struct Rival {
  size_t bundle = 0;
  Interval behind;  // how much the best is ahead of it
  bool level = false;
};

// The other bundles, the nearest to the best first.
std::vector<Rival> rivals_of(const Report& report, size_t best) {
  std::vector<Rival> rivals;
  for (size_t i = 0; i < report.bundles.size(); ++i) {
    if (i == best) continue;
    if (const auto ahead = report.difference(kProtocol, kMetric, best, i)) {
      rivals.push_back({i, ahead->interval, !ahead->significant()});
    }
  }
  std::stable_sort(rivals.begin(), rivals.end(),
                   [](const Rival& a, const Rival& b) { return a.behind.value < b.behind.value; });
  return rivals;
}

std::string hit_sentence(const Report& report, const BundleResult& bundle) {
  const Interval hits = *bundle.find(kProtocol, "hr@10");
  const bool one_each = report.test_users.targets == report.test_users.users;
  return cat("Out of ", grouped(report.dataset.titles), " titles, <strong>", escape(bundle.label),
             "</strong> has ", one_each ? "the title" : "a title",
             " that users watched next among its first ten for <strong>", percent(hits.value),
             "</strong> of them (95\u202f% interval ", percent_range(hits), ").");
}

// "ease by 0.0121 (0.0031–0.0204)"
std::string rival_words(const Report& report, const Rival& rival) {
  return cat(escape(report.bundles[rival.bundle].label), " by <span class=\"nowrap\">",
             value_text(kMetric, rival.behind.value), " (", range_text(kMetric, rival.behind),
             ")</span>");
}

}  // namespace

std::string headline(const Report& report) {
  const size_t best = *report.best(kProtocol, kMetric);
  const BundleResult& winner = report.bundles[best];
  const std::vector<Rival> rivals = rivals_of(report, best);
  if (rivals.empty()) {
    return cat(winner.label, " puts a title that is watched next among its first ten for ",
               percent(winner.find(kProtocol, "hr@10")->value), " of users");
  }
  const double ndcg = winner.find(kProtocol, kMetric)->value;
  const Rival& nearest = rivals.front();
  const std::string& second = report.bundles[nearest.bundle].label;
  const auto level = std::count_if(rivals.begin(), rivals.end(), std::mem_fn(&Rival::level));
  if (level > 1) return cat(winner.label, " comes first, level with ", level, " others");
  if (nearest.level) return cat(winner.label, " comes first, level with ", second);
  const double ratio = ndcg / (ndcg - nearest.behind.value);
  if (!std::isfinite(ratio) || ratio > 10) {
    return cat(winner.label, " ranks best, far ahead of ", second);
  }
  if (ratio >= 2) {
    return cat(winner.label, " ranks best, with ", fixed(ratio, 1), " times the NDCG of ", second);
  }
  return cat(winner.label, " ranks best, ", fixed(100 * (ratio - 1), 0), "\u202f% ahead of ",
             second);
}

std::string lead(const Report& report) {
  const size_t best = *report.best(kProtocol, kMetric);
  const std::vector<Rival> rivals = rivals_of(report, best);
  std::string text = hit_sentence(report, report.bundles[best]);
  if (rivals.empty()) return text;
  std::vector<std::string> ahead, level;
  for (const Rival& rival : rivals) {
    if (rival.level) {
      level.push_back(escape(report.bundles[rival.bundle].label));
    } else {
      ahead.push_back(rival_words(report, rival));
    }
  }
  if (!ahead.empty()) {
    text += cat(" In ", linked_name(kMetric), ", on the same users, it is ahead of ",
                enumerated(ahead), ".");
  }
  if (!level.empty()) {
    text += cat(" Its lead over ", enumerated(level), " may be chance.");
  }
  return text;
}

}  // namespace marquee::evaluation
