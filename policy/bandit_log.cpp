#include "policy/bandit_log.h"

#include <algorithm>
#include <map>

#include "core/artefact.h"
#include "core/problems.h"
#include "core/sha256.h"
#include "core/text.h"
#include "data/fields.h"
#include "data/table.h"

namespace marquee::policy {

namespace {

enum Field {
  kItem,
  kPosition,
  kClick,
  kReward,
  kScore,
  kPropensity,
  kUser,
  kTime,
  kSlate,
  kOffered,
  kFeature
};

const data::Schema& schema() {
  static const data::Schema instance{{{"item_id", true},
                                      {"position", true},
                                      {"click"},
                                      {"reward"},
                                      {"propensity_score"},
                                      {"propensity"},
                                      {"user_id"},
                                      {"timestamp"},
                                      {"request_id"},
                                      {"offered"},
                                      {"feature_0"},
                                      {"feature_1"},
                                      {"feature_2"},
                                      {"feature_3"},
                                      {"feature_4"}}};
  return instance;
}

bool all_numbers(const std::map<std::string, uint32_t>& names) {
  return std::ranges::all_of(
      names, [](const auto& each) { return data::parse_double(each.first).has_value(); });
}

// Rows with ids, before the ids become indices.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file)
      : table_(file, schema(), data::TableFormat{}, problems_) {
    if (problems_.empty()) {
      choose(kClick, kReward, reward_);
      choose(kScore, kPropensity, propensity_);
    }
    problems_.throw_if_any("nothing was estimated");
  }

  BanditLog read() {
    data::Findings findings;
    const auto records = table_.read(table_.records(), findings);
    while (records->next()) add(*records, findings);
    table_.report(findings, problems_);
    problems_.throw_if_any("nothing was estimated");
    if (log_.rows() == 0) throw Error(cat(table_.file().string(), ": has no rows"));
    index_actions();
    index_positions();
    if (!log_.offered.empty()) index_kinds();
    if (!log_.slate.empty()) check_pages();
    return std::move(log_);
  }

 private:
  // One of two names for the same column has to be there.
  void choose(Field first, Field second, Field& chosen) {
    chosen = table_.has(first) ? first : second;
    if (table_.has(chosen)) return;
    problems_.add(cat(table_.file().string(), ":1: there is no column ",
                      in_quotes(schema().columns[first].name), " and no ",
                      in_quotes(schema().columns[second].name)));
  }

  void add(const data::RecordReader& record, data::Findings& findings) {
    const auto fields = record.fields();
    const auto refuse = [&](Field field, const char* must_be) {
      findings.add(record.where(), cat(schema().columns[field].name, ": must be ", must_be,
                                       ", not ", in_quotes(fields[field])));
    };
    const auto position = data::parse_double(fields[kPosition]);
    const auto reward = data::parse_double(fields[reward_]);
    const auto propensity = data::parse_double(fields[propensity_]);
    if (fields[kItem].empty()) return refuse(kItem, "an id");
    if (!position) return refuse(kPosition, "a number");
    if (!reward) return refuse(reward_, "a finite number");
    if (!propensity || !(*propensity > 0) || *propensity > 1) {
      return refuse(propensity_, "a probability above 0 and at most 1");
    }
    if (table_.has(kSlate)) {
      if (fields[kSlate] != slate_) ++slates_;
      slate_ = fields[kSlate];
    }
    if (table_.has(kOffered) && table_.has(kFeature) && !add_context(fields, refuse)) return;
    if (table_.has(kSlate) && table_.has(kUser) && table_.has(kTime)) {
      const auto time = data::parse_whole(fields[kTime]);
      if (!time) return refuse(kTime, "seconds since 1970");
      log_.time.push_back(*time);
    }
    log_.action.push_back(indexed(items_, fields[kItem]));
    if (table_.has(kSlate)) log_.slate.push_back(slates_ - 1);
    positions_.push_back(*position);
    log_.reward.push_back(*reward);
    log_.propensity.push_back(*propensity);
    if (table_.has(kUser)) add_user(fields[kUser]);
  }

  void add_user(std::string_view id) {
    const bool anonymous = id.empty() && table_.has(kSlate);
    // A control character is in no id.
    const std::string page = cat('\x01', slates_);
    log_.user.push_back(indexed(users_, anonymous ? std::string_view(page) : id));
    if (!log_.time.empty()) log_.anonymous.push_back(anonymous);
  }

  template <typename Fields, typename Refuse>
  bool add_context(const Fields& fields, const Refuse& refuse) {
    const auto offered = data::parse_whole(fields[kOffered]);
    if (!offered || *offered < 0 || *offered >= 1 << serving::kRowKinds) {
      return refuse(kOffered, "a set of kinds of rows, as a number"), false;
    }
    serving::UserFeatures features{};
    for (size_t i = 0; i < features.size(); ++i) {
      const auto field = static_cast<Field>(kFeature + i);
      const auto value = data::parse_double(fields[field]);
      if (!value) return refuse(field, "a number"), false;
      features[i] = *value;
    }
    log_.offered.push_back(static_cast<uint32_t>(*offered));
    log_.features.push_back(features);
    return true;
  }

  static uint32_t indexed(std::map<std::string, uint32_t>& names, std::string_view name) {
    return names.emplace(std::string(name), static_cast<uint32_t>(names.size())).first->second;
  }

  // Indices were given in order of appearance; they become those of the sorted ids.
  void index_actions() {
    std::vector<std::pair<std::string, uint32_t>> sorted(items_.begin(), items_.end());
    if (all_numbers(items_)) {
      std::ranges::stable_sort(sorted, {},
                               [](const auto& e) { return *data::parse_double(e.first); });
    }
    std::vector<uint32_t> index(sorted.size());
    for (size_t i = 0; i < sorted.size(); ++i) {
      index[sorted[i].second] = static_cast<uint32_t>(i);
      log_.actions.push_back(sorted[i].first);
    }
    for (uint32_t& action : log_.action) action = index[action];
  }

  // Estimates of whole pages need all rows of one, in order.
  void check_pages() const {
    for (size_t row = 0; row < log_.rows(); ++row) {
      const bool first = row == 0 || log_.slate[row] != log_.slate[row - 1];
      const uint32_t expected = first ? 0 : log_.position[row - 1] + 1;
      if (log_.position[row] == expected) continue;
      throw Error(cat(table_.file().string(), ": row ", row, " of the log is at position ",
                      log_.position[row], " of its page and must be at ", expected,
                      "; the rows of a request_id must be together, in order and complete"));
    }
  }

  void index_kinds() {
    for (const std::string& action : log_.actions) {
      const auto kind = serving::row_kind(action);
      if (!kind) {
        throw Error(cat(table_.file().string(), ": item_id: ", in_quotes(action),
                        " is no kind of row, as a log of pages has them"));
      }
      log_.kinds.push_back(static_cast<uint32_t>(*kind));
    }
  }

  void index_positions() {
    std::vector<double> distinct = positions_;
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    log_.positions = static_cast<int>(distinct.size());
    for (const double position : positions_) {
      const auto at = std::ranges::lower_bound(distinct, position);
      log_.position.push_back(static_cast<uint32_t>(at - distinct.begin()));
    }
  }

  Problems problems_;
  data::Table table_;
  Field reward_ = kClick, propensity_ = kScore;
  std::map<std::string, uint32_t> items_, users_;
  std::vector<double> positions_;
  std::string slate_;  // the last one's id
  uint32_t slates_ = 0;
  BanditLog log_;
};

}  // namespace

BanditLog read_bandit_log(const std::filesystem::path& named) {
  const bool is_dataset = std::filesystem::is_directory(named);
  const auto file = is_dataset ? Artefact(named, "dataset").file("shown.csv") : named;
  BanditLog log = Reader(file).read();
  log.name = named.filename().string();
  log.sha256 = sha256_file(file);
  return log;
}

}  // namespace marquee::policy
