#include "policy/experiment/assignment.h"

#include <cmath>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/problems.h"
#include "core/secret.h"
#include "core/text.h"
#include "data/csv.h"
#include "data/table.h"

namespace marquee::policy {

size_t assigned_arm(const std::string& user_id, const std::string& salt,
                    std::span<const double> shares) {
  constexpr size_t kDigits = 13;  // that a double holds
  const std::string digits = keyed_hash(salt, user_id).substr(0, kDigits);
  double left = static_cast<double>(std::stoull(digits, nullptr, 16)) /
                std::pow(16.0, static_cast<double>(kDigits)) *
                std::accumulate(shares.begin(), shares.end(), 0.0);
  for (size_t i = 0; i < shares.size(); ++i) {
    left -= shares[i];
    if (left < 0) return i;
  }
  return shares.size() - 1;
}

int64_t assign_members(const std::filesystem::path& users, const configs::ExperimentConfig& config,
                       const std::filesystem::path& out) {
  if (config.shares.size() < 2) {
    throw Error("shares: name the arms and their shares of members, two or more");
  }
  std::vector<std::string> arms;
  std::vector<double> shares;
  for (const auto& [arm, share] : config.shares) {
    arms.push_back(arm);
    shares.push_back(share);
  }
  const data::Schema schema{{{"user_id", true}}};
  Problems problems;
  data::Table table(users, schema, data::TableFormat{}, problems);
  problems.throw_if_any("nothing was written");
  data::Findings findings;
  std::unordered_set<std::string> seen;
  std::string text = "user_id,arm\n";
  const auto records = table.read(table.records(), findings);
  while (records->next()) {
    const std::string id(records->fields()[0]);
    if (id.empty()) {
      findings.add(records->where(), "user_id: must not be empty");
    } else if (seen.insert(id).second) {
      text += cat(data::csv_field(id), ',',
                  data::csv_field(arms[assigned_arm(id, config.salt, shares)]), '\n');
    }
  }
  table.report(findings, problems);
  problems.throw_if_any("nothing was written");
  write_file_atomically(out, text);
  return std::ssize(seen);
}

}  // namespace marquee::policy
