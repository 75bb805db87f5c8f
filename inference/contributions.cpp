#include "inference/contributions.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace marquee::inference {

namespace {

// How far the largest has to be above the mean of the others. A share of the sum would be reached
// ever less often, the longer a history is (docs/bundles.md).
constexpr float kTimesTheMean = 2;

// Contributions that differ by less, as a share, are equal: who else is in the batch changes the
// last digits.
constexpr float kRounding = 1e-4F;

}  // namespace

Contributions::Contributions(const Bundle& bundle, const User& user,
                             std::span<const PositiveTitle> positives, std::vector<float> values)
    : values_(std::move(values)) {
  std::unordered_map<uint32_t, const PositiveTitle*> positive;
  for (const PositiveTitle& each : positives) positive.emplace(each.title, &each);
  const auto& titles = user.history.titles;
  const auto& signals = user.history.signals;
  const auto most = static_cast<size_t>(bundle.facts().max_history);
  constexpr size_t kDisliked = SIZE_MAX;
  std::unordered_map<uint32_t, size_t> places;
  for (size_t e = titles.size(); e-- > 0 && owners_.size() < most;) {
    if (titles[e] > bundle.trained_titles()) continue;
    if (signals[e] <= 0) {
      owners_.push_back(kDisliked);
      continue;
    }
    const auto [place, is_first] = places.emplace(titles[e], history_.size());
    owners_.push_back(place->second);
    if (!is_first) continue;
    const auto found = positive.find(titles[e]);
    history_.push_back({titles[e], found == positive.end() ? nullptr : found->second});
  }
  std::ranges::reverse(owners_);
  std::ranges::replace(owners_, kDisliked, history_.size());
}

const PositiveTitle* Contributions::strongest(size_t place, uint32_t title) const {
  if (values_.empty()) return nullptr;
  const float* const row = values_.data() + place * owners_.size();
  std::vector<float> added(history_.size() + 1);
  for (size_t e = 0; e < owners_.size(); ++e) added[owners_[e]] += row[e];
  const PositiveTitle* best = nullptr;
  float most = 0, sum = 0, others = -1;  // others: without the best
  for (size_t i = 0; i < history_.size(); ++i) {
    if (history_[i].title == title) continue;
    sum += added[i];
    ++others;
    if (history_[i].positive == nullptr || added[i] <= most * (1 + kRounding)) continue;
    best = history_[i].positive;
    most = added[i];
  }
  const bool explains = others <= 0 || most * others >= kTimesTheMean * (sum - most);
  return explains ? best : nullptr;
}

}  // namespace marquee::inference
