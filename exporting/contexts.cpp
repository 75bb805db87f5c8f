#include "exporting/contexts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"
#include "data/member_context.h"
#include "inference/bundle_files.h"
#include "inference/contexts.h"

namespace marquee::exporting {

namespace {

constexpr size_t kMostValues = 1'000;  // of a column

// A member watched the title in the context, however often.
struct Watch {
  uint32_t value;
  uint32_t title;
  auto operator<=>(const Watch&) const = default;
};

// Watches of the training data, each member's once, ascending. `values`: by name.
std::vector<Watch> watches_of(const data::Dataset& dataset, int64_t user,
                              const data::MemberContext& context,
                              const std::map<std::string, uint32_t>& values) {
  const data::History history = dataset.history(user);
  std::vector<Watch> watches;
  for (size_t i = 0; i < history.titles.size(); ++i) {
    if (!dataset.is_liked_in_train(history, i)) continue;
    const auto value = values.find(context(user, history.times[i]));
    if (value != values.end()) watches.push_back({value->second, history.titles[i]});
  }
  std::ranges::sort(watches);
  const auto repeated = std::ranges::unique(watches);
  watches.erase(repeated.begin(), repeated.end());
  return watches;
}

using Members = std::map<std::string, int64_t>;  // with train interactions, by value

Members members_by_value(const data::Dataset& dataset, const data::MemberContext& context) {
  Members members;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    std::vector<std::string> met;
    for (size_t i = 0; i < history.titles.size(); ++i) {
      if (!dataset.is_liked_in_train(history, i)) continue;
      std::string value = context(user, history.times[i]);
      if (std::ranges::find(met, value) == met.end()) met.push_back(std::move(value));
    }
    for (const std::string& value : met) ++members[value];
  }
  return members;
}

struct Column {
  std::vector<std::string> values;
  std::vector<int64_t> members;               // of each value
  std::vector<std::vector<uint32_t>> counts;  // [values][titles + 1]: members who watched it there
};

Column counted(const data::Dataset& dataset, const std::string& name) {
  const data::MemberContext context(dataset, name, "--context");
  Members members = members_by_value(dataset, context);
  members.erase("");
  Column column;
  std::map<std::string, uint32_t> values;
  for (const auto& [value, count] : members) {
    if (count < kLeastMembers) continue;
    values[value] = static_cast<uint32_t>(column.values.size());
    column.values.push_back(value);
    column.members.push_back(count);
  }
  if (column.values.empty() || column.values.size() > kMostValues) {
    throw Error(cat("--context ", name, ": ", column.values.size(), " of its ", members.size(),
                    " values have ", kLeastMembers, " members or more; 1 to ", kMostValues,
                    " have to"));
  }
  const auto titles = static_cast<size_t>(dataset.catalogue().size());
  column.counts.assign(column.values.size(), std::vector<uint32_t>(titles + 1));
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const Watch& each : watches_of(dataset, user, context, values)) {
      ++column.counts[each.value][each.title];
    }
  }
  return column;
}

// How many members would have watched each title, if those of a context watched what all do.
class Expected {
 public:
  explicit Expected(const std::vector<std::vector<uint32_t>>& counts)
      : shares_(counts.front().size()) {
    for (const auto& here : counts) {
      for (size_t title = 0; title < here.size(); ++title) shares_[title] += here[title];
    }
    const double all = std::accumulate(shares_.begin(), shares_.end(), 0.0);
    for (double& each : shares_) each /= std::max(1.0, all);
  }

  std::vector<double> of(const std::vector<uint32_t>& here) const {
    const double all = std::accumulate(here.begin(), here.end(), 0.0);
    std::vector<double> expected = shares_;
    for (double& each : expected) each *= all;
    return expected;
  }

 private:
  std::vector<double> shares_;  // of all that is watched
};

// How much contexts differ: the variance of the true ratios of watched to expected, beyond what
// chance does to counts (Poisson), by moments. 0: not at all.
double variance_of_ratios(const std::vector<std::vector<uint32_t>>& counts,
                          const Expected& expected) {
  double beyond = 0, squares = 0;
  for (const auto& here : counts) {
    const std::vector<double> means = expected.of(here);
    for (size_t title = 0; title < here.size(); ++title) {
      const double off = here[title] - means[title];
      beyond += off * off - means[title];
      squares += means[title] * means[title];
    }
  }
  return squares == 0 ? 0 : std::max(0.0, beyond / squares);
}

// Logarithms of the ratios, as far as counts bear them out: gamma-Poisson shrinkage (DuMouchel
// 1999), as if `prior` more members had been both expected and there.
std::vector<float> lifts_of(const std::vector<uint32_t>& counts,
                            const std::vector<double>& expected, double prior) {
  std::vector<float> lifts(counts.size());
  for (size_t title = 1; title < counts.size(); ++title) {
    const double watched = counts[title] < kLeastWatchers ? 0 : counts[title];
    if (watched == 0 && expected[title] < double(kLeastWatchers)) continue;
    lifts[title] = static_cast<float>(std::log((watched + prior) / (expected[title] + prior)));
  }
  return lifts;
}

}  // namespace

void write_contexts(const data::Dataset& dataset, const std::vector<std::string>& columns,
                    const std::filesystem::path& folder) {
  FileWriter writer(folder / inference::kLiftsFile);
  Json json{{"columns", Json::array()}};
  for (const std::string& name : columns) {
    if (std::ranges::count(columns, name) > 1)
      throw Error(cat("--context ", name, " is given twice"));
    const Column column = counted(dataset, name);
    const Expected expected(column.counts);
    const double variance = variance_of_ratios(column.counts, expected);
    for (const auto& counts : column.counts) {
      const std::vector<float> lifts = variance > 0
                                           ? lifts_of(counts, expected.of(counts), 1 / variance)
                                           : std::vector<float>(counts.size());
      writer.write_values(std::span<const float>(lifts));
    }
    json["columns"].push_back(
        {{"name", name}, {"values", column.values}, {"members", column.members}});
  }
  writer.close();
  write_file(folder / inference::kContextsFile, json.dump(1) + "\n");
}

std::string contexts_card(const std::vector<std::string>& columns) {
  if (columns.empty()) return "";
  return cat("\n## Contexts\n\nWhere a request says its ", join(columns, ", its "),
             ", titles that members there watch more than others come earlier for members with "
             "little history. These are counts of the training data, of values with at least ",
             kLeastMembers, " members and titles with at least ", kLeastWatchers,
             " watchers there.\n");
}

}  // namespace marquee::exporting
