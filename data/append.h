// What `ingest --append` takes from the dataset that it adds to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "data/dataset.h"
#include "data/titles.h"
#include "data/users.h"

namespace marquee::data {

// Its titles, by index from 1 on.
std::vector<TitleRecord> records_of(const Catalogue& catalogue);

// Replaces the records that `newer` has as well and appends its others.
void update(std::vector<TitleRecord>& records, std::vector<TitleRecord> newer);

// The ids of the datasets that this one was appended to, one after the other.
std::vector<std::string> grown_from(const Manifest& dataset);

// Its members with their attributes.
UserAttributes attributes_of(const Dataset& dataset);

// The same with what `newer` says of members; attributes that only one of the two has are unknown
// of the other's members.
UserAttributes updated(const UserAttributes& older, const UserAttributes& newer);

// An event of a member, as it is compared with those of a dataset.
struct SeenEvent {
  std::string_view title_id;
  int64_t time;
  Event event;
  float value;  // NaN: none
};

// Which events of a member a dataset has already, each as often as it has it.
class KnownEvents {
 public:
  explicit KnownEvents(const Dataset* dataset);  // null: none

  void begin(std::string_view user_id);  // the member of the next events
  bool take(const SeenEvent& event);     // whether the dataset has it once more

 private:
  using Key = std::tuple<int64_t, int64_t, Event, uint32_t>;  // time, title, event, bits of value
  const Dataset* const dataset_;
  std::unordered_map<std::string_view, int64_t> users_;
  std::map<Key, int64_t> left_;
};

}  // namespace marquee::data
