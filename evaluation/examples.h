// A few users with their titles, as examples in the report.
#pragma once

#include <vector>

#include "evaluation/answers.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

// Test users, drawn by the seed among those with some history if there are any.
std::vector<int64_t> draw_examples(const TestUsers& test_users, uint64_t seed);

// What the user watched and watched next, without lists.
Example make_example(const data::Dataset& dataset, const TestUsers& test_users, int64_t test_user);

// The top of what a bundle recommends to the user.
std::vector<ExampleTitle> example_list(const data::Dataset& dataset, const TestUsers& test_users,
                                       const Answers& answers, int64_t test_user);

}  // namespace marquee::evaluation
