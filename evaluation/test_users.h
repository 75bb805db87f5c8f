// The test users and their targets: the same for every bundle of a report.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/cases.h"

namespace marquee::evaluation {

struct TestUsers {
  std::vector<int64_t> users;              // those with something to find, ascending
  std::vector<int32_t> history_lengths;    // [users]
  std::vector<int32_t> known_titles;       // [users] distinct titles in the history
  std::vector<uint64_t> offsets;           // [users + 1]: of a user's targets
  std::vector<uint32_t> targets;           // titles to find
  std::vector<int64_t> times;              // [targets] Unix seconds of the event to find
  std::vector<float> ratings;              // [targets] given to them, else NaN
  std::vector<int64_t> train_counts;       // [titles + 1] train interactions
  std::vector<int64_t> user_counts;        // [titles + 1] users with the title in their history
  int64_t rewatched = 0, disliked = 0;     // left out of the targets: data/cases.h
  data::Stage stage = data::Stage::kTest;  // that says what the targets are

  int64_t size() const { return static_cast<int64_t>(users.size()); }

  // The user's part of a column over targets, such as `targets` itself.
  template <typename T>
  std::span<const T> of(int64_t test_user, const std::vector<T>& column) const {
    return std::span(column).subspan(offsets[test_user],
                                     offsets[test_user + 1] - offsets[test_user]);
  }
};

// The users of a dataset with targets in its test part. Throws Error if there are none.
TestUsers find_test_users(const data::Dataset& dataset);

// The same with titles that they disliked in it as targets; perhaps nobody.
TestUsers find_users_with_dislikes(const data::Dataset& dataset);

// The user's history at test: titles in order of time.
std::vector<uint32_t> history_titles(const data::Dataset& dataset, int64_t user);

}  // namespace marquee::evaluation
