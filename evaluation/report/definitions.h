// What every name on the page means, and where it comes from. docs/evaluation.md says the same at
// length.
#pragma once

#include <span>
#include <string_view>

namespace marquee::evaluation {

struct Definition {
  const char* id;      // "ndcg", "full_rank": the key in report.json without its cutoff
  const char* name;    // as shown, "NDCG"
  const char* text;    // a sentence or two
  const char* source;  // may be empty
};

std::span<const Definition> definitions();

// The one of this id. An unknown id is a bug: an assertion fails, or all texts are empty.
Definition definition(std::string_view id);

}  // namespace marquee::evaluation
