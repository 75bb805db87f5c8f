#include "evaluation/examples.h"

#include <algorithm>

#include "core/random.h"

namespace marquee::evaluation {

namespace {

constexpr size_t kExamples = 3;
constexpr size_t kWatchedShown = 5, kNextShown = 3, kProposedShown = 5;
constexpr int32_t kSomeHistory = 5;  // events

std::string display_name(const data::Catalogue& catalogue, uint32_t title) {
  const std::string_view name = catalogue.name(title);
  return std::string(name.empty() ? catalogue.id(title) : name);
}

}  // namespace

std::vector<int64_t> draw_examples(const TestUsers& test_users, uint64_t seed) {
  std::vector<int64_t> users;
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    if (test_users.history_lengths[test_user] >= kSomeHistory) users.push_back(test_user);
  }
  if (users.empty()) {
    for (int64_t test_user = 0; test_user < test_users.size(); ++test_user)
      users.push_back(test_user);
  }
  RandomStream random(seed, "examples");
  random.shuffle(users);
  users.resize(std::min(users.size(), kExamples));
  std::sort(users.begin(), users.end());
  return users;
}

Example make_example(const data::Dataset& dataset, const TestUsers& test_users, int64_t test_user) {
  const data::Catalogue& catalogue = dataset.catalogue();
  Example example;
  example.user_id = dataset.user_id(test_users.users[test_user]);
  const std::vector<uint32_t> history = history_titles(dataset, test_users.users[test_user]);
  const size_t shown = std::min(history.size(), kWatchedShown);
  for (const uint32_t title : std::span(history).last(shown)) {
    example.watched.push_back(display_name(catalogue, title));
  }
  for (const uint32_t title : test_users.of(test_user, test_users.targets)) {
    if (example.next.size() == kNextShown) break;
    example.next.push_back(display_name(catalogue, title));
  }
  return example;
}

std::vector<ExampleTitle> example_list(const data::Dataset& dataset, const TestUsers& test_users,
                                       const Answers& answers, int64_t test_user) {
  const auto targets = test_users.of(test_user, test_users.targets);
  std::vector<ExampleTitle> list;
  for (const uint32_t title : answers.list(test_user).first(kProposedShown)) {
    if (title == 0) break;
    const bool found = std::find(targets.begin(), targets.end(), title) != targets.end();
    list.push_back({display_name(dataset.catalogue(), title), found});
  }
  return list;
}

}  // namespace marquee::evaluation
