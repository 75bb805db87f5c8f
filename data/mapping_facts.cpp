#include "data/mapping_facts.h"

#include <array>
#include <string>
#include <utility>

namespace marquee::data {

Json left_out_of(const StagedInteractions& staged) {
  constexpr std::array<std::pair<LeftOut, const char*>, 4> kKeys = {{{LeftOut::kEvent, "events"},
                                                                     {LeftOut::kEarly, "keep.from"},
                                                                     {LeftOut::kLate, "keep.until"},
                                                                     {LeftOut::kLow, "least"}}};
  Json found = Json::object();
  for (const auto& [reason, key] : kKeys) {
    const int64_t count = staged.left_out[static_cast<size_t>(reason)];
    if (count > 0) found[key] = count;
  }
  return found;
}

void add_thinned(const Thinned& thinned, Json& left_out) {
  const std::pair<const char*, int64_t> counts[] = {
      {"keep.most_a_day", thinned.of_busy_users}, {"keep.session_minutes", thinned.in_visits},
      {"keep.repeats", thinned.repeated},         {"keep.least", thinned.rare},
      {"busy_members", thinned.busy_users},       {"rare_members", thinned.rare_users},
      {"rare_titles", thinned.rare_titles}};
  for (const auto& [key, count] : counts) {
    if (count > 0) left_out[key] = count;
  }
}

Json counted_names(const EventNames& names, const StagedInteractions& staged) {
  Json found = Json::object();
  for (size_t i = 0; i < names.size(); ++i) {
    found[std::string(names.name(i))] = staged.of_name[i];
  }
  return found;
}

Json sum(const Manifest& before, const char* fact, const Json& added) {
  Json all = before.facts.value(fact, Json::object());
  for (const auto& [key, count] : added.items()) {
    all[key] = all.value(key, int64_t{0}) + count.get<int64_t>();
  }
  return all;
}

}  // namespace marquee::data
