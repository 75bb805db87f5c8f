// Where members are when they watch: a column of the users file, such as a country, or the hour of
// the day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/dataset.h"

namespace marquee::data {

inline constexpr const char* kHourContext = "hour";  // its values are "0" to "23", in UTC

class MemberContext {
 public:
  // `column`: an attribute, or "hour". Throws Error naming `key` if the dataset has no such
  // attribute. The dataset must outlive this.
  MemberContext(const Dataset& dataset, const std::string& column, const std::string& key);

  // Of a user at some time, in Unix seconds; "": not known.
  std::string operator()(int64_t user, int64_t time) const;

 private:
  const Dataset& dataset_;
  std::optional<size_t> attribute_;  // none: the hour
};

}  // namespace marquee::data
