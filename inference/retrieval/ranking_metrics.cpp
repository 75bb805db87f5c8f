#include "inference/retrieval/ranking_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace marquee::inference {

namespace {

// Titles that tie, some of them targets: they share the places above + 1 to above + size.
struct Tie {
  int64_t above = 0;
  int64_t size = 0;
  int64_t targets = 0;

  // How many of its places are within the first k.
  int64_t within(int k) const { return std::clamp<int64_t>(k - above, 0, size); }
  // The probability that one of its places is a target's, which is the same for each of them.
  double density() const { return static_cast<double>(targets) / static_cast<double>(size); }
};

// The ties that hold targets, from the top.
std::vector<Tie> ties_of(std::span<const RankCounts> targets) {
  std::vector<Tie> ties;
  for (const RankCounts& counts : targets) ties.push_back({counts.higher, counts.equal + 1, 1});
  std::ranges::sort(ties, {}, &Tie::above);
  size_t kept = 0;
  for (size_t i = 1; i < ties.size(); ++i) {
    if (ties[i].above == ties[kept].above) {
      ++ties[kept].targets;
    } else {
      ties[++kept] = ties[i];
    }
  }
  if (!ties.empty()) ties.resize(kept + 1);
  return ties;
}

double targets_within(std::span<const RankCounts> targets, int k) {
  double within = 0;
  for (const RankCounts& counts : targets) {
    const Tie alone{counts.higher, counts.equal + 1, 1};
    within += alone.density() * static_cast<double>(alone.within(k));
  }
  return within;
}

double gain(int64_t above) { return 1.0 / std::log2(static_cast<double>(above) + 2.0); }

double most_within(std::span<const RankCounts> targets, int k) {
  return static_cast<double>(std::min(targets.size(), static_cast<size_t>(k)));
}

}  // namespace

double hit_rate(std::span<const RankCounts> targets, int k) {
  for (const Tie& tie : ties_of(targets)) {
    const int64_t places = tie.within(k);
    if (places == tie.size) return 1;  // and the ties above it have no target outside
    double missed = 1;                 // none of its targets is in one of these places
    for (int64_t t = 0; t < tie.targets; ++t) {
      missed *= static_cast<double>(std::max<int64_t>(0, tie.size - places - t)) /
                static_cast<double>(tie.size - t);
    }
    return 1 - missed;  // the ties below it begin behind k
  }
  return 0;
}

double precision(std::span<const RankCounts> targets, int k) {
  return targets_within(targets, k) / k;
}

double recall(std::span<const RankCounts> targets, int k) {
  return targets.empty() ? 0 : targets_within(targets, k) / static_cast<double>(targets.size());
}

double reciprocal_rank(std::span<const RankCounts> targets, int k) {
  const std::vector<Tie> ties = ties_of(targets);
  if (ties.empty()) return 0;
  const Tie& first = ties.front();  // if it reaches beyond k, the others begin there
  double expected = 0;
  double none_yet = 1;
  for (int64_t i = 0; i < first.within(k); ++i) {
    const double here =
        std::min(1.0, static_cast<double>(first.targets) / static_cast<double>(first.size - i));
    expected += none_yet * here / static_cast<double>(first.above + i + 1);
    none_yet *= 1 - here;
  }
  return expected;
}

double ndcg(std::span<const RankCounts> targets, int k) {
  if (targets.empty()) return 0;
  double gained = 0;
  for (const Tie& tie : ties_of(targets)) {
    double sum = 0;
    for (int64_t i = 0; i < tie.within(k); ++i) sum += gain(tie.above + i);
    gained += tie.density() * sum;
  }
  double ideal = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(most_within(targets, k)); ++i) ideal += gain(i);
  return std::min(1.0, gained / ideal);  // a sum in another order may round up
}

double average_precision(std::span<const RankCounts> targets, int k) {
  if (targets.empty()) return 0;
  double sum = 0;
  double before = 0;  // targets in the ties above
  for (const Tie& tie : ties_of(targets)) {
    // Of the other targets of the tie, this many are expected in each place of it.
    const double others =
        tie.size > 1 ? static_cast<double>(tie.targets - 1) / static_cast<double>(tie.size - 1) : 0;
    for (int64_t i = 0; i < tie.within(k); ++i) {
      const double up_to = before + 1 + others * static_cast<double>(i);
      sum += tie.density() * up_to / static_cast<double>(tie.above + i + 1);
    }
    before += static_cast<double>(tie.targets);
  }
  return std::min(1.0, sum / most_within(targets, k));
}

}  // namespace marquee::inference
