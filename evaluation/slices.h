// For whom and for what a model works: its full ranking by kinds of users and kinds of titles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

struct Slice {
  std::string name;   // "5–9"
  int64_t n = 0;      // users, or targets
  Interval hr, ndcg;  // at 10; meaningless where n is 0
};

// One way to slice. Slices of users rank all targets of a user together; in slices of targets each
// target has a ranking of its own.
struct SliceKind {
  std::string id;  // "history_length", the key in report.json
  std::string by;  // "events in the user’s history"
  bool of_users = true;
  std::vector<Slice> slices;
};

// In order:
//   history_length     users by the number of events in their history
//   user               users with events in training, and new ones without
//   target_popularity  targets by their train interactions; 0: absent from training; the last one,
//                      "cold: 0–5", covers the first two
//   title_age          targets by the years between release and the event
//   genre              targets by genre, the twenty most frequent; a title counts in each it has
// The last two are left out where no target has a year, or a genre.
using Slices = std::vector<SliceKind>;

// full_ranks: [targets], as in Answers.
Slices make_slices(const data::Dataset& dataset, const TestUsers& test_users,
                   const Ranks& full_ranks, const BootstrapOptions& options);

// None of this id: null.
const SliceKind* find_kind(const Slices& slices, std::string_view id);

}  // namespace marquee::evaluation
