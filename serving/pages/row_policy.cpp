#include "serving/pages/row_policy.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace marquee::serving {

namespace {

constexpr double kManyTitles = 100, kWeek = 7 * 86'400;

double genre_breadth(const std::vector<inference::PositiveTitle>& positives,
                     const inference::TitleTable& titles) {
  std::map<uint32_t, double> counts;
  double sum = 0;
  for (const auto& each : positives) {
    for (const uint32_t genre : titles[each.title][data::Feature::kGenre]) {
      counts[genre] += 1;
      sum += 1;
    }
  }
  const size_t genres = titles.feature_names(data::Feature::kGenre).size();
  if (counts.empty() || genres < 2) return 0;
  double entropy = 0;
  for (const auto& [genre, count] : counts) entropy -= count / sum * std::log(count / sum);
  return entropy / std::log(static_cast<double>(genres));
}

}  // namespace

UserFeatures user_features(const inference::Ranking& ranking,
                           const std::vector<inference::PositiveTitle>& positives,
                           const inference::TitleTable& titles) {
  const auto& history = ranking.user.history;
  const auto watched = static_cast<double>(history.titles.size());
  const double recency = history.ages.empty() ? 0 : std::exp(-history.ages.back() / kWeek);
  return {1, std::min(1.0, std::log1p(watched) / std::log1p(kManyTitles)),
          positives.empty() ? 1.0 : 0.0, recency, genre_breadth(positives, titles)};
}

}  // namespace marquee::serving
