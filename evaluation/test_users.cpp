#include "evaluation/test_users.h"

#include <algorithm>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::evaluation {

namespace {

constexpr int64_t kUsersARange = 8'192;

std::vector<uint32_t> distinct(std::vector<uint32_t> titles) {
  std::sort(titles.begin(), titles.end());
  titles.erase(std::unique(titles.begin(), titles.end()), titles.end());
  return titles;
}

// How many users have each title in their history.
std::vector<int64_t> count_users(const data::Dataset& dataset) {
  std::vector<int64_t> user_counts(static_cast<size_t>(dataset.catalogue().size()) + 1);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const uint32_t title : distinct(history_titles(dataset, user))) ++user_counts[title];
  }
  return user_counts;
}

// The time of each target: targets are distinct and in order of time, as the events are.
void add_times(const data::History& events, const data::Case& test_user, TestUsers& test_users) {
  size_t next = 0;
  for (int64_t i = 0; i < events.size() && next < test_user.targets.size(); ++i) {
    if (events.parts[i] != data::Part::kTest || events.titles[i] != test_user.targets[next])
      continue;
    test_users.times.push_back(events.times[i]);
    ++next;
  }
}

void add(const data::Dataset& dataset, const data::CaseRange& range, TestUsers& test_users) {
  for (const data::Case& test_user : range.cases) {
    test_users.users.push_back(test_user.user);
    test_users.history_lengths.push_back(static_cast<int32_t>(test_user.history.size()));
    test_users.known_titles.push_back(static_cast<int32_t>(distinct(test_user.history).size()));
    test_users.targets.insert(test_users.targets.end(), test_user.targets.begin(),
                              test_user.targets.end());
    test_users.ratings.insert(test_users.ratings.end(), test_user.target_values.begin(),
                              test_user.target_values.end());
    add_times(dataset.history(test_user.user), test_user, test_users);
    test_users.offsets.push_back(test_users.targets.size());
  }
  test_users.rewatched += range.rewatched;
  test_users.disliked += range.disliked;
}

}  // namespace

std::vector<uint32_t> history_titles(const data::Dataset& dataset, int64_t user) {
  const data::History events = dataset.history(user);
  std::vector<uint32_t> titles;
  for (int64_t i = 0; i < events.size(); ++i) {
    if (events.parts[i] != data::Part::kTest) titles.push_back(events.titles[i]);
  }
  return titles;
}

namespace {

TestUsers users_with_targets(const data::Dataset& dataset, data::Stage stage) {
  TestUsers test_users;
  test_users.stage = stage;
  test_users.offsets.push_back(0);
  for (int64_t begin = 0; begin < dataset.users(); begin += kUsersARange) {
    throw_if_interrupted();
    const int64_t end = std::min(dataset.users(), begin + kUsersARange);
    add(dataset, data::cases(dataset, stage, begin, end), test_users);
  }
  return test_users;
}

}  // namespace

TestUsers find_users_with_dislikes(const data::Dataset& dataset) {
  return users_with_targets(dataset, data::Stage::kTestDisliked);
}

TestUsers find_test_users(const data::Dataset& dataset) {
  TestUsers test_users = users_with_targets(dataset, data::Stage::kTest);
  if (test_users.users.empty()) {
    throw Error(cat("dataset ", in_quotes(dataset.name()), " (split ", dataset.split(),
                    ") has no test interactions to evaluate on; ingest it with a split that leaves "
                    "some, or mark rows with split=test"));
  }
  test_users.train_counts = dataset.train_counts();
  test_users.user_counts = count_users(dataset);
  return test_users;
}

}  // namespace marquee::evaluation
