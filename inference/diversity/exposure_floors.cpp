#include "inference/diversity/exposure_floors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace marquee::inference {

namespace {

data::Feature feature_of(ExposureGroups groups) {
  switch (groups) {
    case ExposureGroups::kDirector:
      return data::Feature::kDirector;
    case ExposureGroups::kStudio:
      return data::Feature::kStudio;
    case ExposureGroups::kLanguage:
      return data::Feature::kLanguage;
    default:
      return data::Feature::kGenre;
  }
}

// Numbers countries as they come.
class Numbering {
 public:
  uint32_t operator()(const std::string& name) {
    return numbers_.try_emplace(name, static_cast<uint32_t>(numbers_.size())).first->second;
  }

 private:
  std::map<std::string, uint32_t> numbers_;
};

}  // namespace

const std::vector<std::string>& exposure_group_names() {
  static const std::vector<std::string> names = {"none",   "genre",    "director",
                                                 "studio", "language", "country"};
  return names;
}

ExposureGroups exposure_groups(std::string_view name) {
  const auto& names = exposure_group_names();
  return static_cast<ExposureGroups>(std::ranges::find(names, name) - names.begin());
}

double exposure_of(size_t place) { return 1 / std::log2(2 + static_cast<double>(place)); }

ExposureFloors::ExposureFloors(const TitleTable& titles, const FloorSettings& settings,
                               int patience)
    : patience_(patience) {
  Numbering number_of;
  begins_ = {0, 0};  // padding has none
  for (int64_t title = 1; title <= titles.size(); ++title) {
    if (settings.of == ExposureGroups::kCountry) {
      for (const auto& country : titles[title].countries) members_.push_back(number_of(country));
    } else {
      const auto& names = titles[title][feature_of(settings.of)];
      members_.insert(members_.end(), names.begin(), names.end());
    }
    begins_.push_back(members_.size());
  }
  const size_t groups = members_.empty() ? 0 : *std::ranges::max_element(members_) + size_t{1};
  floors_.resize(groups);
  double all = 0;
  for (int64_t title = 1; title <= titles.size(); ++title) {
    const auto watched = static_cast<double>(titles[title].popularity);
    const auto own = groups_of(static_cast<uint32_t>(title));
    all += watched;
    for (const uint32_t group : own) floors_[group] += watched / static_cast<double>(own.size());
  }
  for (double& floor : floors_) floor *= all > 0 ? settings.least / all : 0;
  behind_.resize(groups);
  bonuses_ = std::make_shared<const std::vector<float>>(groups);
}

std::span<const uint32_t> ExposureFloors::groups_of(uint32_t title) const {
  return std::span(members_).subspan(begins_[title], begins_[title + 1] - begins_[title]);
}

TitleBonuses ExposureFloors::bonuses() const {
  TitleBonuses now;
  now.floors_ = this;
  const std::lock_guard lock(mutex_);
  now.of_groups_ = bonuses_;
  return now;
}

float TitleBonuses::operator()(uint32_t title) const {
  const auto own = floors_->groups_of(title);
  float sum = 0;
  for (const uint32_t group : own) sum += (*of_groups_)[group];
  return own.empty() ? 0 : sum / static_cast<float>(own.size());
}

// What a group lacks never counts for more than a bonus of 1. What it gets beyond its floor counts
// up to one first place, so that small groups, which are due now and then, are not shown more
// often, and large ones do not live on the past.
void ExposureFloors::count(const std::vector<ScoredTitle>& list) {
  double all = 0;
  for (size_t place = 0; place < list.size(); ++place) all += exposure_of(place);
  if (all == 0) return;
  for (double& lists : behind_) lists += 1;
  for (size_t place = 0; place < list.size(); ++place) {
    const auto own = groups_of(list[place].title);
    const double each = exposure_of(place) / all / static_cast<double>(own.size());
    for (const uint32_t group : own) {
      if (floors_[group] > 0) behind_[group] -= each / floors_[group];
    }
  }
  for (size_t group = 0; group < behind_.size(); ++group) {
    const double ahead = floors_[group] > 0 ? exposure_of(0) / all / floors_[group] : 0;
    behind_[group] = std::clamp(behind_[group], -ahead, patience_);
  }
}

void ExposureFloors::shown(std::span<const std::vector<ScoredTitle>> lists) {
  const std::lock_guard lock(mutex_);
  for (const auto& list : lists) count(list);
  std::vector<float> bonuses(behind_.size());
  for (size_t group = 0; group < bonuses.size(); ++group) {
    if (floors_[group] == 0) continue;
    bonuses[group] = static_cast<float>(std::max(0.0, behind_[group] / patience_));
  }
  bonuses_ = std::make_shared<const std::vector<float>>(std::move(bonuses));
}

}  // namespace marquee::inference
