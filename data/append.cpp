#include "data/append.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <unordered_map>

namespace marquee::data {

namespace {

TitleRecord record_of(const Catalogue& catalogue, int64_t title) {
  TitleRecord record;
  record.id = catalogue.id(title);
  record.name = catalogue.name(title);
  for (int i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    for (const uint32_t value : catalogue.features(feature, title)) {
      record[feature].emplace_back(catalogue.feature_name(feature, value));
    }
  }
  record.maturity = catalogue.maturity(title);
  record.regions = catalogue.regions(title);
  record.countries = catalogue.countries(title);
  record.available_from = catalogue.available_from(title);
  record.available_until = catalogue.available_until(title);
  record.year = static_cast<uint16_t>(catalogue.year(title));
  record.runtime_minutes = static_cast<uint16_t>(catalogue.runtime_minutes(title));
  return record;
}

}  // namespace

std::vector<TitleRecord> records_of(const Catalogue& catalogue) {
  std::vector<TitleRecord> records;
  records.reserve(static_cast<size_t>(catalogue.size()));
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    records.push_back(record_of(catalogue, title));
  }
  return records;
}

void update(std::vector<TitleRecord>& records, std::vector<TitleRecord> newer) {
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < records.size(); ++i) places.emplace(records[i].id, i);
  for (TitleRecord& record : newer) {
    const auto found = places.find(record.id);
    if (found == places.end()) {
      records.push_back(std::move(record));
    } else {
      records[found->second] = std::move(record);
    }
  }
}

std::vector<std::string> grown_from(const Manifest& dataset) {
  return dataset.facts.value("grown_from", std::vector<std::string>{});
}

UserAttributes attributes_of(const Dataset& dataset) {
  UserAttributes users;
  users.names = dataset.attribute_names();
  users.values.resize(users.names.size());
  users.texts.add("");
  for (int64_t user = 0; user < dataset.users(); ++user) {
    users.ids.add(dataset.user_id(user));
    for (size_t i = 0; i < users.names.size(); ++i) {
      users.values[i].push_back(users.texts.add(dataset.attribute(i, user)));
    }
  }
  return users;
}

UserAttributes updated(const UserAttributes& older, const UserAttributes& newer) {
  UserAttributes all = older;
  for (const std::string& name : newer.names) {
    if (std::ranges::find(all.names, name) == all.names.end()) all.names.push_back(name);
  }
  for (uint32_t user = 0; user < newer.ids.size(); ++user) all.ids.add(newer.ids[user]);
  all.values.resize(all.names.size());
  for (auto& column : all.values) column.resize(all.ids.size());  // texts[0] is ""
  for (size_t i = 0; i < newer.names.size(); ++i) {
    const auto place = std::ranges::find(all.names, newer.names[i]) - all.names.begin();
    auto& column = all.values[static_cast<size_t>(place)];
    for (uint32_t user = 0; user < newer.ids.size(); ++user) {
      column[*all.ids.find(newer.ids[user])] = all.texts.add(newer.texts[newer.values[i][user]]);
    }
  }
  return all;
}

namespace {

uint32_t bits_of(float value) {
  return std::bit_cast<uint32_t>(std::isnan(value) ? kNoValue : value);
}

}  // namespace

KnownEvents::KnownEvents(const Dataset* dataset) : dataset_(dataset) {
  if (dataset_ == nullptr) return;
  for (int64_t user = 0; user < dataset_->users(); ++user) {
    users_.emplace(dataset_->user_id(user), user);
  }
}

void KnownEvents::begin(std::string_view user_id) {
  left_.clear();
  const auto found = users_.find(user_id);
  if (found == users_.end()) return;
  const History history = dataset_->history(found->second);
  for (size_t i = 0; i < history.titles.size(); ++i) {
    ++left_[{history.times[i], history.titles[i], history.events[i], bits_of(history.values[i])}];
  }
}

bool KnownEvents::take(const SeenEvent& event) {
  if (left_.empty()) return false;
  const int64_t title = dataset_->catalogue().find(event.title_id);
  const auto found = left_.find({event.time, title, event.event, bits_of(event.value)});
  if (found == left_.end() || found->second == 0) return false;
  --found->second;
  return true;
}

}  // namespace marquee::data
