#include "inference/diversity/exposure_floors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace marquee::inference {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

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
  data::Vocabulary countries;
  begins_ = {0, 0};  // padding has none
  for (int64_t title = 1; title <= titles.size(); ++title) {
    if (settings.of == ExposureGroups::kCountry) {
      for (const auto& country : titles[title].countries)
        members_.push_back(countries.add(country));
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
  GroupDues dues;
  for (const double floor : floors_) dues.at.push_back(floor > 0 ? 0 : kNever);
  dues_ = std::make_shared<const GroupDues>(std::move(dues));
}

std::span<const uint32_t> ExposureFloors::groups_of(uint32_t title) const {
  return std::span(members_).subspan(begins_[title], begins_[title + 1] - begins_[title]);
}

TitleBonuses ExposureFloors::bonuses() const {
  TitleBonuses now;
  now.floors_ = this;
  const std::lock_guard lock(mutex_);
  now.dues_ = dues_;
  return now;
}

float TitleBonuses::operator()(uint32_t title) const {
  const auto own = floors_->groups_of(title);
  double sum = 0;
  for (const uint32_t group : own) {
    sum += std::clamp((dues_->lists - dues_->at[group]) / floors_->patience_, 0.0, 1.0);
  }
  return own.empty() ? 0 : static_cast<float>(sum / static_cast<double>(own.size()));
}

// What is shown of a group puts its next list off, by as many lists as its floor would take for it.
// It is never overdue by more than a bonus of 1, nor put off by more than a first place is: small
// groups, which are due now and then, are not shown more often than that, and large ones do not
// live on the past.
void ExposureFloors::count(const std::vector<ScoredTitle>& list, GroupDues& dues) const {
  double all = 0;
  for (size_t place = 0; place < list.size(); ++place) all += exposure_of(place);
  if (list.empty()) return;
  dues.lists += 1;
  for (size_t place = 0; place < list.size(); ++place) {
    const auto own = groups_of(list[place].title);
    const double each = exposure_of(place) / all / static_cast<double>(own.size());
    for (const uint32_t group : own) {
      double& at = dues.at[group];
      at = std::max(at, dues.lists - patience_) + each / floors_[group];
      at = std::min(at, dues.lists + exposure_of(0) / all / floors_[group]);
    }
  }
}

void ExposureFloors::shown(std::span<const std::vector<ScoredTitle>> lists) {
  const std::lock_guard lock(mutex_);
  auto dues = std::make_shared<GroupDues>(*dues_);
  for (const auto& list : lists) count(list, *dues);
  dues_ = std::move(dues);
}

}  // namespace marquee::inference
