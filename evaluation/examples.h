// A few members to look at: numbers convince, lists of titles explain.
#pragma once

#include <vector>

#include "evaluation/answers.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

// Members of the panel, drawn by the seed among those with some history where there are any.
std::vector<int64_t> draw_examples(const TestUsers& test_users, uint64_t seed);

// What the member watched and watched next, without lists.
Example make_example(const data::Dataset& dataset, const TestUsers& test_users, int64_t test_user);

// The top of what a bundle proposes to the member.
std::vector<ExampleTitle> example_list(const data::Dataset& dataset, const TestUsers& test_users,
                                       const Answers& answers, int64_t test_user);

}  // namespace marquee::evaluation
