// Text of the page: escaped names, numbers as people read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

std::string escape(std::string_view text);  // for text and for attributes in double quotes

// One entry of <dl class="facts">.
std::string html_fact(std::string_view name, std::string_view value);

// The section of a report that says how to make it again.
std::string html_made_by(uint64_t seed, int64_t resamples, const std::string& command);

// How the values of a metric are written, by its name ("ndcg@10").
std::string value_text(std::string_view metric, double value);
std::string range_text(std::string_view metric, const Interval& interval);  // "0.036–0.059"

// Escaped, and free to break after an underscore.
std::string breakable(std::string_view label);

std::string percent(double share);                           // "9.7 %"
std::string signed_percent(double share, int decimals = 1);  // "+9.7 %"
std::string percent_range(const Interval& shares);           // "8.1 to 11.3 %"
// "0.036 to 0.059", each end as `text` writes it.
std::string range_of(const Interval& interval, std::string (*text)(double));
std::string count(int64_t n, std::string_view one);  // "1 title", "9,724 titles"

// "NDCG@10" of "ndcg@10", "Popularity lift@10" of "popularity_lift@10".
std::string display_name(std::string_view metric);
// The same as a link to its definition on the page.
std::string linked_name(std::string_view metric);
// "all titles" of "full_rank"
std::string protocol_name(std::string_view protocol);

// "a", "a and b", "a, b and c"
std::string enumerated(const std::vector<std::string>& words);

}  // namespace marquee::evaluation
