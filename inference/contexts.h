// What is watched more in a context, such as a country, a device or an hour of the day, than
// elsewhere. It counts for members of whom little is known, where a request says from which context
// it comes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "core/file.h"
#include "inference/request.h"
#include "inference/retrieval/retrieval.h"

namespace marquee::inference {

// Of the best titles, how many can come to the top by context.
inline constexpr int kContextDepth = 500;

struct ContextColumn {
  std::string name;
  std::vector<std::string> values;  // that are known, ascending
};

// Safe to use from several threads.
class Contexts {
 public:
  // Throws Error (artefact) if the files do not fit each other or `titles`.
  Contexts(const Artefact& bundle, int64_t titles);

  const std::vector<ContextColumn>& columns() const { return columns_; }

  // Rows of the lifts of what a request says. A value that is not known has none. Throws Error for
  // a column that is not there.
  std::vector<uint32_t> rows(std::span<const ContextValue> values) const;

  // How much more the title is watched there than elsewhere, as a logarithm; the sum over rows. 0
  // for titles that were added later.
  float lift(std::span<const uint32_t> rows, uint32_t title) const;

 private:
  std::vector<ContextColumn> columns_;
  size_t width_;  // titles + 1
  MappedFile file_;
  std::span<const float> lifts_;  // [values of all columns, titles + 1]
};

// How much contexts weigh for a member with so many events in the history: 1 without any, falling,
// and 0 from about a hundred on.
float context_weight(size_t events);

// Adds what the context says to scores, best first, and orders by them: a title that is watched e
// times as often there gains as much as one gains that comes up from place n to about n / e.
void rank_in_context(std::vector<ScoredTitle>& titles, const Contexts& contexts,
                     std::span<const uint32_t> rows, float weight);

}  // namespace marquee::inference
