// The interactions of the training data, once per pair, by user and by title: what the models of
// neighbours and implicit feedback learn from.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace marquee::models {

// Rows of ascending indices, end to end.
struct SparseRows {
  std::vector<int64_t> offsets;  // [rows + 1]
  std::vector<uint32_t> values;

  int64_t rows() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t occurring() const;  // rows that are not empty
  std::span<const uint32_t> operator[](int64_t row) const {
    const auto begin = static_cast<size_t>(offsets[static_cast<size_t>(row)]);
    return std::span(values).subspan(
        begin, static_cast<size_t>(offsets[static_cast<size_t>(row) + 1]) - begin);
  }
};

struct InteractionMatrix {
  // Train events: of each pair of user and title the newest, where that is no negative feedback.
  explicit InteractionMatrix(const data::Dataset& dataset);
  // The pairs whose newest train event does.
  static InteractionMatrix disliked(const data::Dataset& dataset);
  // Of as many users and titles, without interactions.
  static InteractionMatrix none(const data::Dataset& dataset);
  // titles: of the catalogue.
  InteractionMatrix(SparseRows titles_of_user, int64_t titles);

  SparseRows titles_of_user;  // [users]
  SparseRows users_of_title;  // [titles + 1]; row 0 is empty
};

// Calls body(title, counts) for every title on several threads: counts[other] is how many users
// have interactions with both, counts[title] how many with it: [titles + 1].
using CountsBody = std::function<void(int64_t title, std::span<const float> counts)>;
void for_each_cooccurrence(const InteractionMatrix& interactions, const CountsBody& body);

}  // namespace marquee::models
