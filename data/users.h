// The columns of a users file besides the id: attributes, only used to measure fairness.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/problems.h"
#include "data/table.h"
#include "data/vocabulary.h"

namespace marquee::data {

struct UserAttributes {
  std::vector<std::string> names;
  Vocabulary ids;                             // users in file order
  Vocabulary texts;                           // the values that occur
  std::vector<std::vector<uint32_t>> values;  // [attributes][users], into `texts`
};

// The id under its name in the file; every other column is an attribute.
Schema users_schema(const std::string& id_column = "user_id");

// Of all tables, in their order; "" where a user's table has no such attribute.
UserAttributes read_users(std::span<const std::unique_ptr<Table>> tables, Problems& problems);

// Writes the ids of all users and their attributes, "" where the users file has none.
void write_users(const Vocabulary& users, const UserAttributes& attributes,
                 const std::filesystem::path& folder);

}  // namespace marquee::data
