#include "data/users.h"

#include <algorithm>

#include "core/text.h"
#include "data/columns.h"
#include "data/fields.h"
#include "data/limits.h"

namespace marquee::data {

namespace {

constexpr uint32_t kUnknown = 0;  // the text ""

}  // namespace

Schema users_schema(const std::string& id_column) {
  return {{{id_column, true}}, OtherColumns::kKeep};
}

namespace {

// The attributes that are a table's columns, as they are numbered among all; new ones are added.
std::vector<size_t> attributes_of(const Table& table, UserAttributes& users) {
  std::vector<size_t> attributes;
  for (size_t i = 1; i < table.columns().size(); ++i) {
    const auto found = std::ranges::find(users.names, table.columns()[i]);
    attributes.push_back(static_cast<size_t>(found - users.names.begin()));
    if (found == users.names.end()) users.names.push_back(table.columns()[i]);
  }
  users.values.resize(users.names.size(), std::vector<uint32_t>(users.ids.size()));
  return attributes;
}

void add_users(const Table& table, UserAttributes& users, Problems& problems) {
  const std::vector<size_t> attributes = attributes_of(table, users);
  Findings findings;
  const auto reader = table.read(table.records(), findings);
  while (reader->next()) {
    const std::string_view id = reader->fields().front();
    const uint32_t known = users.ids.size();
    if (id.size() > kMaxIdBytes) {
      findings.add(reader->where(),
                   cat(table.columns().front(), " ", in_quotes(id), ": ", too_long(kMaxIdBytes)));
      continue;
    }
    if (id.empty() || users.ids.add(id) != known) {
      findings.add(reader->where(), cat(table.columns().front(), " ", in_quotes(id), ": ",
                                        id.empty() ? "empty; every user needs an id"
                                                   : "this user is there already; keep one"));
      continue;
    }
    for (auto& values : users.values) values.push_back(kUnknown);
    for (size_t i = 0; i < attributes.size(); ++i) {
      users.values[attributes[i]].back() = users.texts.add(reader->fields()[i + 1]);
    }
  }
  table.report(findings, problems);
}

}  // namespace

UserAttributes read_users(std::span<const std::unique_ptr<Table>> tables, Problems& problems) {
  UserAttributes users;
  users.texts.add("");
  for (const auto& table : tables) add_users(*table, users, problems);
  return users;
}

void write_users(const Vocabulary& users, const UserAttributes& attributes,
                 const std::filesystem::path& folder) {
  write_string_column(folder, "users.ids", strings_of(users));
  std::vector<std::string_view> column(users.size());
  for (size_t i = 0; i < attributes.names.size(); ++i) {
    for (uint32_t user = 0; user < users.size(); ++user) {
      const auto known = attributes.ids.find(users[user]);
      column[user] = known ? attributes.texts[attributes.values[i][*known]] : std::string_view();
    }
    write_string_column(folder, cat("users.attribute", i), column);
  }
}

}  // namespace marquee::data
