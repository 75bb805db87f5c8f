#include "data/member_groups.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/text.h"

namespace marquee::data {

size_t attribute_index(const Dataset& dataset, const std::string& attribute,
                       const std::string& key) {
  const auto& names = dataset.attribute_names();
  const auto found = std::ranges::find(names, attribute);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  throw Error(cat(key, ": dataset ", in_quotes(dataset.name()), " has no attribute ",
                  in_quotes(attribute), " of users; ",
                  names.empty() ? "ingest it with --users" : cat("it has ", join(names, ", "))));
}

MemberGroups member_groups(const Dataset& dataset, const std::string& attribute,
                           const std::string& key) {
  const size_t index = attribute_index(dataset, attribute, key);
  std::set<std::string_view> names;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    names.insert(dataset.attribute(index, user));
  }
  names.erase("");  // not known
  MemberGroups groups{{names.begin(), names.end()}, {}};
  if (groups.names.size() < 2) {
    throw Error(cat(key, ": ", in_quotes(attribute), " has ", groups.names.size(),
                    " groups of users in dataset ", in_quotes(dataset.name()),
                    "; two at least are needed"));
  }
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const std::string_view name = dataset.attribute(index, user);
    const auto at = std::ranges::lower_bound(groups.names, name);
    groups.of.push_back(name.empty() ? -1 : at - groups.names.begin());
  }
  return groups;
}

}  // namespace marquee::data
