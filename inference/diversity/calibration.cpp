#include "inference/diversity/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace marquee::inference {

namespace {

constexpr double kMixedIn = 0.01;

// Title by title the one that is worth most; the first of equals. worth(i, places so far).
template <typename Worth, typename Chosen>
std::vector<uint32_t> greedy(size_t n, size_t k, const Worth& worth, const Chosen& on_chosen) {
  std::vector<uint32_t> chosen;
  std::vector<char> taken(n);
  while (chosen.size() < std::min(k, n)) {
    double most = -std::numeric_limits<double>::infinity();
    uint32_t best = 0;
    for (uint32_t i = 0; i < n; ++i) {
      if (taken[i] != 0) continue;
      const double value = worth(i);
      if (value <= most) continue;
      most = value;
      best = i;
    }
    taken[best] = 1;
    chosen.push_back(best);
    on_chosen(best);
  }
  return chosen;
}

}  // namespace

void ShareTable::add(std::span<const uint32_t> kinds) {
  values_.resize(values_.size() + kinds_);
  const auto row = std::span(values_).last(kinds_);
  for (const uint32_t kind : kinds) row[kind] += 1 / static_cast<double>(kinds.size());
}

std::vector<double> ShareTable::mean() const {
  std::vector<double> sum(kinds_);
  double known = 0;
  for (size_t i = 0; i < rows(); ++i) {
    double total = 0;
    for (size_t kind = 0; kind < kinds_; ++kind) {
      sum[kind] += (*this)[i][kind];
      total += (*this)[i][kind];
    }
    known += total > 0 ? 1 : 0;
  }
  if (known > 0) {
    for (double& each : sum) each /= known;
  }
  return sum;
}

double miscalibration(std::span<const double> wanted, std::span<const double> shown) {
  double divergence = 0;
  for (size_t kind = 0; kind < wanted.size(); ++kind) {
    const double p = wanted[kind];
    if (p > 0) divergence += p * std::log(p / ((1 - kMixedIn) * shown[kind] + kMixedIn * p));
  }
  return divergence;
}

std::vector<uint32_t> calibrated_list(std::span<const float> relevance, const ShareTable& titles,
                                      std::span<const double> wanted, size_t k, float strength) {
  std::vector<double> sum(titles.kinds()), mix(titles.kinds());
  double known = 0;  // titles of the list whose kinds are known
  const auto is_known = [&](uint32_t i) {
    return std::ranges::any_of(titles[i], [](double share) { return share > 0; });
  };
  const auto worth = [&](uint32_t i) {
    const double count = known + (is_known(i) ? 1 : 0);
    for (size_t kind = 0; kind < mix.size(); ++kind) {
      mix[kind] = count > 0 ? (sum[kind] + titles[i][kind]) / count : 0;
    }
    return (1 - strength) * relevance[i] - strength * miscalibration(wanted, mix);
  };
  return greedy(relevance.size(), k, worth, [&](uint32_t i) {
    for (size_t kind = 0; kind < sum.size(); ++kind) sum[kind] += titles[i][kind];
    known += is_known(i) ? 1 : 0;
  });
}

std::vector<uint32_t> explicit_list(std::span<const float> relevance, const ShareTable& titles,
                                    std::span<const double> wanted, size_t k, float strength) {
  std::vector<double> sum(titles.kinds());
  double size = 0;
  const auto worth = [&](uint32_t i) {
    double gain = 0;
    for (size_t kind = 0; kind < sum.size(); ++kind) {
      const double share = size > 0 ? sum[kind] / size : 0;
      gain += wanted[kind] * titles[i][kind] * (1 - share);
    }
    return (1 - strength) * relevance[i] + strength * gain;
  };
  return greedy(relevance.size(), k, worth, [&](uint32_t i) {
    for (size_t kind = 0; kind < sum.size(); ++kind) sum[kind] += titles[i][kind];
    ++size;
  });
}

}  // namespace marquee::inference
