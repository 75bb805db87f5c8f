// Titles added, changed or withdrawn after a bundle was made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/titles.h"

namespace marquee::inference {

struct TitleEdits {
  std::vector<data::TitleRecord> put;  // each id once
  std::vector<std::string> withdrawn;  // ids, none of them in `put`
};

// Reads a title from the body of `PUT /v1/titles/{id}`; throws Error with the field and the value.
data::TitleRecord parse_title(std::string_view json, std::string id);

// parse_title of it gives the same title.
std::string to_json(const data::TitleRecord& title);

}  // namespace marquee::inference
