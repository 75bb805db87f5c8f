// What the files of a dataset mean, where they speak another language than Marquee's, and which of
// their interactions stay (docs/data.md). As files are parsed each record is looked at by itself;
// data/thinning.h looks at whole histories.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/artefact.h"
#include "data/events.h"
#include "data/table.h"
#include "data/vocabulary.h"

namespace marquee::data {

// The file of a dataset that holds its mapping.
inline constexpr const char* kDatasetMapping = "mapping.yaml";

using ColumnNames = std::map<std::string, std::string>;  // by Marquee's name: the file's

// The schema with the names that columns have in the files. Those that are named must be there.
Schema renamed(Schema schema, const ColumnNames& names);

// What the files' own events mean, by name.
class EventNames {
 public:
  struct Meaning {
    std::optional<Event> event;  // none: it is left out
    float value = kNoValue;      // instead of the record's, where it is a number
  };

  void add(std::string_view name, Meaning meaning);
  // The index of a name's meaning, if it has one.
  std::optional<uint32_t> find(std::string_view name) const { return names_.find(name); }

  size_t size() const { return meanings_.size(); }
  std::string_view name(size_t index) const { return names_[static_cast<uint32_t>(index)]; }
  const Meaning& operator[](size_t index) const { return meanings_[index]; }

 private:
  Vocabulary names_;
  std::vector<Meaning> meanings_;
};

// Of a member's events of one kind for one title.
enum class Repeats { kAll, kDifferent, kFirst, kLast };

// Rules that look at more than one interaction; 0: off.
struct Thinning {
  int64_t most_a_day = 0;       // who has more on any day, in UTC, is left out
  int64_t session_seconds = 0;  // a visit ends where nothing happens for so long
  Repeats repeats = Repeats::kAll;
  int64_t least_of_user = 0, least_of_title = 0;

  bool any() const {
    return most_a_day > 0 || session_seconds > 0 || repeats != Repeats::kAll || least_of_user > 0 ||
           least_of_title > 0;
  }
};

struct Mapping {
  Mapping();

  // For files that speak Marquee's language: without names, units and scales; rules stay.
  Mapping without_names() const;

  ColumnNames interactions, titles, users;
  int64_t ticks_a_second = 1;  // of timestamps that are numbers
  EventNames events;
  std::array<float, kEvents> scale;                     // of values, by kind of event
  std::array<float, kEvents> least;                     // events with a lower value are left out
  int64_t from = std::numeric_limits<int64_t>::min();   // Unix seconds; earlier ones are left out
  int64_t until = std::numeric_limits<int64_t>::max();  // this and later ones are left out
  Thinning thinning;
  EventWeights weights;  // its steps alone
};

// The text of the mapping that a dataset was made with, "" if there was none; of verified bytes.
std::string mapping_of(const Manifest& dataset);

// Why an interaction is left out as files are parsed.
enum class LeftOut : uint8_t { kForgotten, kEvent, kEarly, kLate, kLow };
inline constexpr size_t kReasons = 5;

}  // namespace marquee::data
