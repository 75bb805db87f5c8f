#include "evaluation/candidates.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "core/problems.h"
#include "core/random.h"
#include "core/text.h"
#include "data/table.h"

namespace marquee::evaluation {

namespace {

using UserTable = std::unordered_map<std::string_view, uint32_t>;

UserTable table_of_users(const data::Dataset& dataset) {
  UserTable users;
  users.reserve(static_cast<size_t>(dataset.users()));
  for (int64_t user = 0; user < dataset.users(); ++user) {
    users.emplace(dataset.user_id(user), static_cast<uint32_t>(user));
  }
  return users;
}

// Titles that the user interacted with in any part, ascending and distinct.
std::vector<uint32_t> met_titles(const data::Dataset& dataset, int64_t user) {
  const auto titles = dataset.history(user).titles;
  std::vector<uint32_t> met(titles.begin(), titles.end());
  std::sort(met.begin(), met.end());
  met.erase(std::unique(met.begin(), met.end()), met.end());
  return met;
}

}  // namespace

std::vector<uint32_t> sampled_negatives(const data::Dataset& dataset, int64_t user, uint64_t seed) {
  const std::vector<uint32_t> met = met_titles(dataset, user);
  const uint64_t unmet = static_cast<uint64_t>(dataset.catalogue().size()) - met.size();
  const uint64_t count = std::min<uint64_t>(kNegatives, unmet);
  RandomStream random(seed, "negatives", static_cast<uint64_t>(user));
  // Floyd 1987: distinct places in as many draws as there are places.
  std::vector<uint64_t> places;
  for (uint64_t last = unmet - count; last < unmet; ++last) {
    const uint64_t drawn = random.below(last + 1);
    const bool taken = std::find(places.begin(), places.end(), drawn) != places.end();
    places.push_back(taken ? last : drawn);
  }
  std::sort(places.begin(), places.end());
  // A place counts unmet titles only: step over the met ones before it.
  std::vector<uint32_t> titles;
  size_t passed = 0;
  for (const uint64_t place : places) {
    while (passed < met.size() && met[passed] <= place + passed + 1) ++passed;
    titles.push_back(static_cast<uint32_t>(place + passed + 1));
  }
  return titles;
}

Candidates::Candidates(const std::filesystem::path& csv, const data::Dataset& dataset) {
  Problems problems;
  const data::Schema schema{{{"user_id", true}, {"title_id", true}}, data::OtherColumns::kIgnore};
  const data::Table table(csv, schema, {}, problems);
  data::Findings findings;
  const UserTable users = table_of_users(dataset);
  const auto reader = table.read(table.records(), findings);
  while (reader->next()) {
    const std::string_view user_id = reader->fields()[0], title_id = reader->fields()[1];
    const auto user = users.find(user_id);
    const int64_t title = dataset.catalogue().find(title_id);
    if (user == users.end()) {
      findings.add(reader->where(), cat("user_id ", in_quotes(user_id), ": not in the dataset"));
    }
    if (title == 0) {
      findings.add(reader->where(), cat("title_id ", in_quotes(title_id), ": not in the dataset"));
    }
    if (user != users.end() && title != 0) rows_.emplace_back(user->second, title);
  }
  table.report(findings, problems);
  problems.throw_if_any("nothing was evaluated");
  std::sort(rows_.begin(), rows_.end());
  rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
}

std::vector<uint32_t> Candidates::of(int64_t user) const {
  const auto key = static_cast<uint32_t>(user);
  std::vector<uint32_t> titles;
  auto row = std::lower_bound(rows_.begin(), rows_.end(), std::pair(key, uint32_t{0}));
  for (; row != rows_.end() && row->first == key; ++row) titles.push_back(row->second);
  return titles;
}

}  // namespace marquee::evaluation
