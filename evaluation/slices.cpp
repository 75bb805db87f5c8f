#include "evaluation/slices.h"

#include <limits>
#include <span>

#include "evaluation/figures.h"
#include "inference/retrieval/ranking_metrics.h"

namespace marquee::evaluation {

namespace {

constexpr int kCutoff = 10;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

struct Bin {
  const char* name;
  int64_t low, high;  // both within

  bool holds(int64_t value) const { return value >= low && value <= high; }
};

constexpr Bin kHistoryLengths[] = {
    {"0", 0, 0},       {"1–4", 1, 4},     {"5–9", 5, 9},          {"10–19", 10, 19},
    {"20–49", 20, 49}, {"50–99", 50, 99}, {"100+", 100, kNoLimit}};
constexpr Bin kPopularities[] = {{"0", 0, 0},
                                 {"1–5", 1, 5},
                                 {"6–20", 6, 20},
                                 {"21–100", 21, 100},
                                 {"> 100", 101, kNoLimit},
                                 {"cold: 0–5", 0, 5}};

struct Columns {
  PerMember hr, ndcg;
};

// Every member of the bin counts once.
Columns by_history(const Panel& panel, const std::vector<float>& ranks, const Bin& bin) {
  Columns columns;
  for (int64_t member = 0; member < panel.size(); ++member) {
    const bool within = bin.holds(panel.history_lengths[member]);
    const auto span = panel.of(member, ranks);
    const std::vector<double> own(span.begin(), span.end());
    const auto add = [&](PerMember& column, double value) {
      column.sums.push_back(within ? static_cast<float>(value) : 0);
      column.weights.push_back(within ? 1 : 0);
    };
    add(columns.hr, inference::hit_rate(own, kCutoff));
    add(columns.ndcg, inference::ndcg(own, kCutoff));
  }
  return columns;
}

// Every target of the bin counts once; members are resampled with all of theirs.
Columns by_popularity(const Panel& panel, const std::vector<float>& ranks, const Bin& bin) {
  Columns columns;
  for (int64_t member = 0; member < panel.size(); ++member) {
    double hits = 0, gains = 0, count = 0;
    for (auto t = panel.offsets[member]; t < panel.offsets[member + 1]; ++t) {
      if (!bin.holds(panel.train_counts[panel.targets[t]])) continue;
      const double rank = ranks[t];
      hits += inference::hit_rate(std::span(&rank, 1), kCutoff);
      gains += inference::ndcg(std::span(&rank, 1), kCutoff);
      count += 1;
    }
    columns.hr.sums.push_back(static_cast<float>(hits));
    columns.ndcg.sums.push_back(static_cast<float>(gains));
    columns.hr.weights.push_back(static_cast<float>(count));
    columns.ndcg.weights.push_back(static_cast<float>(count));
  }
  return columns;
}

std::vector<Slice> judge(std::span<const Bin> bins, const std::vector<Columns>& columns,
                         const BootstrapOptions& options) {
  std::vector<const PerMember*> figures;
  for (const Columns& slice : columns) {
    figures.push_back(&slice.hr);
    figures.push_back(&slice.ndcg);
  }
  const std::vector<Resampled> resampled = bootstrap(figures, options);
  std::vector<Slice> slices;
  for (size_t i = 0; i < bins.size(); ++i) {
    double n = 0;
    for (const float weight : columns[i].hr.weights) n += weight;
    slices.push_back({bins[i].name, static_cast<int64_t>(n), resampled[2 * i].interval(),
                      resampled[2 * i + 1].interval()});
  }
  return slices;
}

}  // namespace

Slices make_slices(const Panel& panel, const std::vector<float>& full_ranks,
                   const BootstrapOptions& options) {
  std::vector<Columns> lengths, popularities;
  for (const Bin& bin : kHistoryLengths) lengths.push_back(by_history(panel, full_ranks, bin));
  for (const Bin& bin : kPopularities) {
    popularities.push_back(by_popularity(panel, full_ranks, bin));
  }
  return {judge(kHistoryLengths, lengths, options), judge(kPopularities, popularities, options)};
}

}  // namespace marquee::evaluation
