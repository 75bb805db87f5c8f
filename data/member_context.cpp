#include "data/member_context.h"

#include "data/member_groups.h"

namespace marquee::data {

MemberContext::MemberContext(const Dataset& dataset, const std::string& column,
                             const std::string& key)
    : dataset_(dataset) {
  if (column != kHourContext) attribute_ = attribute_index(dataset, column, key);
}

std::string MemberContext::operator()(int64_t user, int64_t time) const {
  if (attribute_) return std::string(dataset_.attribute(*attribute_, user));
  constexpr int64_t kHourSeconds = 3'600, kHours = 24;
  const int64_t hour = time / kHourSeconds % kHours;
  return std::to_string(hour < 0 ? hour + kHours : hour);
}

}  // namespace marquee::data
