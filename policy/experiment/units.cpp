#include "policy/experiment/units.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/problems.h"
#include "core/sha256.h"
#include "core/text.h"
#include "data/fields.h"
#include "data/table.h"

namespace marquee::policy {

namespace {

constexpr size_t kMostValues = 50;  // of a segment

std::vector<std::string> columns_of(const configs::ExperimentConfig& config) {
  std::set<std::string> names;
  for (const auto& [metric, each] : config.metrics) {
    if (each.kind == "surrogate") {  // whose own column is of later
      for (const auto& column : listed_columns(each.early)) names.insert(column);
      continue;
    }
    if (!each.values.empty()) continue;  // whose column is of another file
    for (const auto& column : {each.column, each.denominator, each.before, each.ended}) {
      if (!column.empty()) names.insert(column);
    }
  }
  return {names.begin(), names.end()};
}

// A segment may also be the arm or a metric's column.
data::Schema schema_of(const std::vector<std::string>& columns,
                       const std::vector<std::string>& segments) {
  data::Schema schema{{{"user_id", true}, {"arm", true}}};
  for (const auto& column : columns) schema.columns.push_back({column, true});
  for (const auto& segment : segments) {
    const auto known = std::ranges::find(schema.columns, segment, &data::Column::name);
    if (known == schema.columns.end()) schema.columns.push_back({segment, true});
  }
  return schema;
}

class Reader {
 public:
  Reader(const std::filesystem::path& file, const configs::ExperimentConfig& config)
      : config_(config),
        columns_(columns_of(config)),
        segments_(listed_columns(config.segments)),
        schema_(schema_of(columns_, segments_)),
        table_(file, schema_, data::TableFormat{}, problems_),
        values_(columns_.size()),
        labels_(segments_.size()) {
    problems_.throw_if_any("nothing was analysed");
  }

  Units read() {
    data::Findings findings;
    const auto records = table_.read(table_.records(), findings);
    while (records->next()) add(*records, findings);
    table_.report(findings, problems_);
    problems_.throw_if_any("nothing was analysed");
    return assembled();
  }

 private:
  size_t place_of(const std::string& column) const {
    const auto found = std::ranges::find(schema_.columns, column, &data::Column::name);
    return static_cast<size_t>(found - schema_.columns.begin());
  }

  struct Known {
    size_t row;
    bool crossed = false;
  };

  void add(const data::RecordReader& record, data::Findings& findings) {
    const auto fields = record.fields();
    for (size_t i = 0; i < 2; ++i) {
      if (!fields[i].empty()) continue;
      findings.add(record.where(), cat(i == 0 ? "user_id" : "arm", ": must not be empty"));
      return;
    }
    std::vector<double> row;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto value = data::parse_double(fields[i + 2]);
      if (!value) {
        findings.add(record.where(),
                     cat(columns_[i], ": must be a finite number, not ", in_quotes(fields[i + 2])));
        return;
      }
      row.push_back(*value);
    }
    const std::string arm(fields[1]);
    const auto [user, is_new] = users_.try_emplace(std::string(fields[0]), Known{arms_.size()});
    if (!is_new) {
      if (arms_[user->second.row] != arm) {
        user->second.crossed = true;
        seen_.insert(arm);
      } else {
        findings.add(record.where(), "user_id: has a row already; a user has one");
      }
      return;
    }
    arms_.push_back(arm);
    ids_.push_back(&user->first);
    seen_.insert(arm);
    for (size_t i = 0; i < row.size(); ++i) values_[i].push_back(row[i]);
    for (size_t i = 0; i < segments_.size(); ++i) {
      labels_[i].emplace_back(fields[place_of(segments_[i])]);
    }
  }

  Units assembled() {
    Units units;
    if (!seen_.contains(config_.control)) {
      throw Error(cat(table_.file().string(), ": no row has the arm ", in_quotes(config_.control),
                      " (experiment.control); there are ",
                      join({seen_.begin(), seen_.end()}, ", ")));
    }
    for (const auto& [arm, share] : config_.shares) {
      if (!seen_.contains(arm))
        throw Error(
            cat(table_.file().string(), ": the arm ", in_quotes(arm), " (shares) has no members"));
    }
    if (seen_.size() < 2)
      throw Error(
          cat(table_.file().string(), ": there is one arm; an experiment compares two or more"));
    units.arms.push_back(config_.control);
    for (const auto& arm : seen_) {
      if (arm != config_.control) units.arms.push_back(arm);
      if (!config_.shares.empty() && !config_.shares.contains(arm)) {
        throw Error(
            cat(table_.file().string(), ": shares says nothing of the arm ", in_quotes(arm)));
      }
    }
    std::vector<bool> left_out(arms_.size());
    for (const auto& [id, user] : users_) {
      left_out[user.row] = user.crossed;
      units.crossed += user.crossed;
    }
    for (size_t i = 0; i < columns_.size(); ++i) units.columns[columns_[i]];
    for (size_t row = 0; row < arms_.size(); ++row) {
      if (left_out[row]) continue;
      const auto arm = std::ranges::find(units.arms, arms_[row]);
      units.arm.push_back(static_cast<uint32_t>(arm - units.arms.begin()));
      units.ids.emplace_back(*ids_[row]);
      for (size_t i = 0; i < columns_.size(); ++i) {
        units.columns[columns_[i]].push_back(values_[i][row]);
      }
    }
    for (size_t i = 0; i < segments_.size(); ++i) {
      units.segments[segments_[i]] = segmented(i, left_out);
    }
    return units;
  }

  Units::Segmentation segmented(size_t segment, const std::vector<bool>& left_out) const {
    const auto& labels = labels_[segment];
    const std::set<std::string> values(labels.begin(), labels.end());
    if (values.size() > kMostValues) {
      throw Error(cat(table_.file().string(), ": the segment ", in_quotes(segments_[segment]),
                      " has ", values.size(), " values; ", kMostValues, " are the most"));
    }
    Units::Segmentation result{{values.begin(), values.end()}, {}};
    for (size_t row = 0; row < labels.size(); ++row) {
      if (left_out[row]) continue;
      const auto at = std::ranges::lower_bound(result.values, labels[row]);
      result.of.push_back(static_cast<uint32_t>(at - result.values.begin()));
    }
    return result;
  }

  const configs::ExperimentConfig& config_;
  Problems problems_;
  std::vector<std::string> columns_, segments_;
  const data::Schema schema_;
  data::Table table_;
  std::unordered_map<std::string, Known> users_;
  std::set<std::string> seen_;                    // arms
  std::vector<std::string> arms_;                 // [rows]
  std::vector<const std::string*> ids_;           // [rows], keys of users_
  std::vector<std::vector<double>> values_;       // [columns][rows]
  std::vector<std::vector<std::string>> labels_;  // [segments][rows]
};

}  // namespace

std::vector<std::string> listed_columns(const std::string& text) {
  std::vector<std::string> names;
  for (const auto& name : split(text, ',')) {
    if (const auto trimmed = trim(name); !trimmed.empty()) names.emplace_back(trimmed);
  }
  return names;
}

Units Units::only(const std::string& column, size_t value) const {
  Units some;
  some.name = name, some.sha256 = sha256, some.arms = arms;
  const auto& of = segments.at(column).of;
  for (const auto& [metric, of_users] : columns) some.columns[metric];
  std::vector<uint32_t> place(users());
  for (size_t i = 0; i < users(); ++i) {
    if (of[i] != value) continue;
    place[i] = static_cast<uint32_t>(some.users());
    some.arm.push_back(arm[i]);
    some.ids.push_back(ids[i]);
    for (const auto& [metric, of_users] : columns) some.columns[metric].push_back(of_users[i]);
  }
  for (const auto& [metric, all] : values) {
    some.values[metric];  // also where nobody of these has one
    for (const MemberValue& each : all) {
      if (of[each.member] == value) some.values[metric].push_back({place[each.member], each.value});
    }
  }
  return some;
}

Units read_units(const std::filesystem::path& file, const configs::ExperimentConfig& config) {
  Units units = Reader(file, config).read();
  units.name = file.filename().string();
  units.sha256 = sha256_file(file);
  for (size_t arm = 0; arm < units.arms.size(); ++arm) {
    if (std::ranges::count(units.arm, arm) < 2) {
      throw Error(cat(file.string(), ": the arm ", in_quotes(units.arms[arm]),
                      " has fewer than 2 members that had no other arm"));
    }
  }
  return units;
}

}  // namespace marquee::policy
