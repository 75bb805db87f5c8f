#include "policy/clusters.h"

#include <filesystem>
#include <map>
#include <unordered_map>

#include "core/error.h"
#include "core/problems.h"
#include "core/text.h"
#include "data/table.h"

namespace marquee::policy {

namespace {

struct Named {
  std::filesystem::path file;
  std::string column = "cluster";
};

Named named(const std::string& words) {
  const size_t colon = words.rfind(':');
  if (colon == std::string::npos || std::filesystem::exists(words)) return {words};
  return {words.substr(0, colon), words.substr(colon + 1)};
}

}  // namespace

std::vector<uint32_t> read_clusters(const std::string& words, const BanditLog& log) {
  const auto [file, column] = named(words);
  const data::Schema schema{{{"item_id", true}, {column, true}}};
  Problems problems;
  data::Table table(file, schema, data::TableFormat{}, problems);
  problems.throw_if_any("nothing was estimated");
  std::unordered_map<std::string, std::string> of;  // cluster, by item
  data::Findings findings;
  const auto records = table.read(table.records(), findings);
  while (records->next()) {
    const auto fields = records->fields();
    if (of.emplace(fields[0], fields[1]).second) continue;
    findings.add(records->where(), cat("item_id: ", in_quotes(fields[0]), " is there already"));
  }
  table.report(findings, problems);
  std::map<std::string, uint32_t> index;
  std::vector<uint32_t> clusters;
  for (const std::string& action : log.actions) {
    const auto found = of.find(action);
    if (found == of.end()) {
      problems.add(cat(file.string(), ": there is no line of the item ", in_quotes(action)));
      continue;
    }
    const auto next = static_cast<uint32_t>(index.size());
    clusters.push_back(index.emplace(found->second, next).first->second);
  }
  problems.throw_if_any("nothing was estimated");
  return clusters;
}

}  // namespace marquee::policy
