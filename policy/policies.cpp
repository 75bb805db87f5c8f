#include "policy/policies.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "core/problems.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/fields.h"
#include "data/table.h"
#include "policy/beta.h"
#include "serving/policies/served_policy.h"

namespace marquee::policy {

namespace {

constexpr int kDraws = 100'000;
constexpr double kTolerance = 1e-6;

enum Field { kItem, kProbability, kPosition, kRow };

const data::Schema& schema() {
  static const data::Schema instance{
      {{"item_id", true}, {"probability", true}, {"position"}, {"row"}}};
  return instance;
}

// Fills a table [blocks, actions] from records; a block is a position, or a row of the log.
class Reader {
 public:
  Reader(const std::filesystem::path& file, const BanditLog& log)
      : log_(log), table_(file, schema(), data::TableFormat{}, problems_) {
    problems_.throw_if_any("nothing was estimated");
    by_row_ = table_.has(kRow);
    blocks_ = by_row_ ? log.rows() : static_cast<size_t>(log.positions);
    values_.assign(blocks_ * log.actions.size(), 0);
    for (size_t i = 0; i < log.actions.size(); ++i) index_[log.actions[i]] = i;
  }

  ActionProbabilities read(const std::string& name) {
    data::Findings findings;
    const auto records = table_.read(table_.records(), findings);
    while (records->next()) add(*records, findings);
    table_.report(findings, problems_);
    problems_.throw_if_any("nothing was estimated");
    check_sums();
    problems_.throw_if_any("nothing was estimated");
    return {name, by_row_, std::move(values_)};
  }

 private:
  void add(const data::RecordReader& record, data::Findings& findings) {
    const auto fields = record.fields();
    const auto item = index_.find(std::string(fields[kItem]));
    if (item == index_.end()) {
      findings.add(record.where(), cat("item_id: ", in_quotes(fields[kItem]),
                                       " is not in the log, which cannot say what it earns"));
      return;
    }
    const auto probability = data::parse_double(fields[kProbability]);
    if (!probability || *probability < 0 || *probability > 1) {
      findings.add(record.where(),
                   cat("probability: must be from 0 to 1, not ", in_quotes(fields[kProbability])));
      return;
    }
    const Field field = by_row_ ? kRow : kPosition;
    size_t begin = 0, end = blocks_;
    if (table_.has(field)) {
      const auto block = data::parse_whole(fields[field]);
      if (!block || *block < 0 || *block >= static_cast<int64_t>(blocks_)) {
        findings.add(record.where(), cat(schema().columns[field].name, ": must be from 0 to ",
                                         blocks_ - 1, ", not ", in_quotes(fields[field])));
        return;
      }
      begin = static_cast<size_t>(*block);
      end = begin + 1;
    }
    for (size_t i = begin; i < end; ++i) {
      values_[i * log_.actions.size() + item->second] = *probability;
    }
  }

  void check_sums() {
    for (size_t i = 0; i < blocks_; ++i) {
      const auto begin = values_.begin() + static_cast<std::ptrdiff_t>(i * log_.actions.size());
      const double sum =
          std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(log_.actions.size()), 0.0);
      if (std::abs(sum - 1) <= kTolerance) continue;
      problems_.add(cat(table_.file().string(), ": the probabilities of ",
                        by_row_ ? "row " : "position ", i, " sum to ", general(sum), ", not to 1"));
    }
  }

  const BanditLog& log_;
  Problems problems_;
  data::Table table_;
  bool by_row_ = false;
  size_t blocks_ = 0;
  std::vector<double> values_;
  std::unordered_map<std::string, size_t> index_;
};

std::vector<double> list_of(const YAML::Node& node, const char* key, size_t actions,
                            const std::string& file) {
  if (!node.IsMap() || !node[key] || !node[key].IsSequence()) {
    throw Error(cat(file, ": there is no list ", in_quotes(key)));
  }
  std::vector<double> values;
  for (const auto& each : node[key]) {
    double value = 0;
    if (!YAML::convert<double>::decode(each, value) || !(value > 0) || !std::isfinite(value)) {
      throw Error(cat(file, ":", each.Mark().line + 1, ": ", key, " must be numbers above 0"));
    }
    values.push_back(value);
  }
  if (values.size() != actions) {
    throw Error(cat(file, ": ", key, " has ", values.size(), " values and the log has ", actions,
                    " actions"));
  }
  return values;
}

// Every action that could have been chosen, with the same probability.
ActionProbabilities evenly_offered(const BanditLog& log) {
  const size_t actions = log.actions.size();
  std::vector<double> values(log.rows() * actions);
  for (size_t row = 0; row < log.rows(); ++row) {
    const int offered = std::popcount(log.offered[row]);
    for (size_t i = 0; i < actions; ++i) {
      if (log.offers(row, i)) values[row * actions + i] = 1.0 / offered;
    }
  }
  return {"uniform", true, std::move(values)};
}

}  // namespace

ActionProbabilities uniform_policy(const BanditLog& log) {
  const size_t actions = log.actions.size();
  if (!log.offered.empty()) return evenly_offered(log);
  return {"uniform", false,
          std::vector<double>(static_cast<size_t>(log.positions) * actions,
                              1.0 / static_cast<double>(actions))};
}

ActionProbabilities read_probabilities(const std::filesystem::path& file, const std::string& name,
                                       const BanditLog& log) {
  return Reader(file, log).read(name);
}

ActionProbabilities thompson_policy(const std::filesystem::path& file, const std::string& section,
                                    const BanditLog& log, int draws, uint64_t seed) {
  YAML::Node node;
  try {
    node = YAML::LoadFile(file.string());
  } catch (const YAML::Exception& e) {
    throw Error(cat(file.string(), ": is no readable YAML: ", e.what()));
  }
  if (!section.empty()) {
    if (!node.IsMap() || !node[section]) {
      throw Error(cat(file.string(), ": there is no section ", in_quotes(section)));
    }
    node = node[section];
  }
  const size_t actions = log.actions.size();
  const auto alpha = list_of(node, "alpha", actions, file.string());
  const auto beta = list_of(node, "beta", actions, file.string());
  const size_t positions = std::min(static_cast<size_t>(log.positions), actions);
  std::vector<double> shares(static_cast<size_t>(log.positions) * actions);
  std::vector<std::pair<double, size_t>> drawn(actions);
  RandomStream random(seed, "thompson");
  for (int draw = 0; draw < draws; ++draw) {
    for (size_t a = 0; a < actions; ++a) drawn[a] = {-beta_draw(random, alpha[a], beta[a]), a};
    std::partial_sort(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(positions),
                      drawn.end());
    for (size_t p = 0; p < positions; ++p) shares[p * actions + drawn[p].second] += 1.0 / draws;
  }
  return {"thompson", false, std::move(shares)};
}

ActionProbabilities page_policy(const std::filesystem::path& folder, const std::string& name,
                                const BanditLog& log) {
  const serving::ServedPolicy policy(folder);
  if (log.offered.empty()) {
    throw Error(cat("--policy ", in_quotes(folder.string()), ": the log ", in_quotes(log.name),
                    " is not one of pages (marquee ingest --feedback), which a policy needs"));
  }
  std::vector<double> values(log.rows() * log.actions.size());
  parallel_for(static_cast<int64_t>(log.rows()), 1'024, [&](int64_t begin, int64_t end) {
    for (auto row = static_cast<size_t>(begin); row < static_cast<size_t>(end); ++row) {
      const auto chances = policy.row_probabilities(
          log.features[row], static_cast<int>(log.position[row]), log.offered[row]);
      for (size_t i = 0; i < log.actions.size(); ++i) {
        values[row * log.actions.size() + i] = chances[log.kinds[i]];
      }
    }
  });
  return {name, true, std::move(values)};
}

ActionProbabilities named_policy(const std::string& words, const BanditLog& log, uint64_t seed) {
  if (words == "uniform") return uniform_policy(log);
  const std::filesystem::path folder(words);
  if (std::filesystem::is_directory(folder)) {
    const auto last = folder.has_filename() ? folder : folder.parent_path();
    return page_policy(folder, last.filename().string(), log);
  }
  const size_t equals = words.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == words.size()) {
    throw Error(cat("--policy ", in_quotes(words),
                    ": must be uniform, thompson=FILE.yaml[:SECTION], NAME=FILE.csv, or FOLDER or "
                    "NAME=FOLDER of a policy"));
  }
  const std::string name = words.substr(0, equals), file = words.substr(equals + 1);
  if (std::filesystem::is_directory(file)) return page_policy(file, name, log);
  if (name != "thompson") return read_probabilities(file, name, log);
  const size_t colon = file.rfind(':');
  const bool has_section = colon != std::string::npos;
  return thompson_policy(file.substr(0, colon), has_section ? file.substr(colon + 1) : "", log,
                         kDraws, seed);
}

}  // namespace marquee::policy
