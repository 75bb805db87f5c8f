// Members by an attribute of the users file, for training that is to be fair to groups of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace marquee::data {

struct MemberGroups {
  std::vector<std::string> names;  // ascending
  std::vector<int64_t> of;         // [users]: index into names; -1: the attribute is not known
};

// The index of an attribute. Throws Error, naming `key` of the configuration or command, if there
// is none of this name.
size_t attribute_index(const Dataset& dataset, const std::string& attribute,
                       const std::string& key);

// Throws Error, naming `key` of the configuration, if the dataset has no such attribute or all its
// users are of one group.
MemberGroups member_groups(const Dataset& dataset, const std::string& attribute,
                           const std::string& key);

}  // namespace marquee::data
