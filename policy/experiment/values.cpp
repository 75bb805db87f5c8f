#include "policy/experiment/values.h"

#include <unordered_map>

#include "core/error.h"
#include "core/problems.h"
#include "core/text.h"
#include "data/fields.h"
#include "data/table.h"

namespace marquee::policy {

std::vector<MemberValue> read_values(const std::filesystem::path& file, const std::string& column,
                                     const Units& units) {
  std::unordered_map<std::string_view, uint32_t> members;
  for (size_t i = 0; i < units.users(); ++i) members[units.ids[i]] = static_cast<uint32_t>(i);
  const data::Schema schema{{{"user_id", true}, {column, true}}};
  Problems problems;
  data::Table table(file, schema, data::TableFormat{}, problems);
  problems.throw_if_any("nothing was analysed");
  data::Findings findings;
  std::vector<MemberValue> values;
  const auto records = table.read(table.records(), findings);
  while (records->next()) {
    const auto fields = records->fields();
    const auto value = data::parse_double(fields[1]);
    if (!value) {
      findings.add(records->where(),
                   cat(column, ": must be a finite number, not ", in_quotes(fields[1])));
      continue;
    }
    const auto member = members.find(fields[0]);
    if (member != members.end()) values.push_back({member->second, *value});
  }
  table.report(findings, problems);
  problems.throw_if_any("nothing was analysed");
  if (values.empty()) {
    throw Error(cat(file.string(), ": no row is of a member of the experiment"));
  }
  return values;
}

}  // namespace marquee::policy
