#include "data/users.h"

#include "core/text.h"
#include "data/columns.h"
#include "data/fields.h"
#include "data/limits.h"

namespace marquee::data {

Schema users_schema(const std::string& id_column) {
  return {{{id_column, true}}, OtherColumns::kKeep};
}

UserAttributes read_users(const Table& table, Problems& problems) {
  UserAttributes users;
  users.names.assign(table.columns().begin() + 1, table.columns().end());
  users.values.resize(users.names.size());
  users.texts.add("");
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
    for (size_t i = 0; i < users.names.size(); ++i) {
      users.values[i].push_back(users.texts.add(reader->fields()[i + 1]));
    }
  }
  table.report(findings, problems);
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
