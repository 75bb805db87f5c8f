// Histories one after the other instead of padded to the longest, as processors train on them: no
// work is done on padding. Each begins with the start token.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/recommender.h"

namespace marquee::models {

struct PackedHistories {
  explicit PackedHistories(const Histories& histories);

  // positions: [targets] as models::Batch has them → [targets] rows of packed states.
  at::Tensor rows_of(const at::Tensor& positions) const;

  int64_t padded_length;         // of a row of the histories with its start token
  std::vector<int64_t> offsets;  // [batch + 1]: where each begins among the tokens
  at::Tensor events;             // [events] int64: which elements of the histories are events
  at::Tensor order;   // [tokens] int64: 0 for a start token, else 1 + which of `events` it is
  at::Tensor places;  // [tokens] int64: 0, 1, ... of each history
};

// body(history, its first token, its tokens) for each, by all threads; whoever is free takes the
// next.
void for_each_history(const PackedHistories& packed,
                      const std::function<void(int64_t, int64_t, int64_t)>& body);

// Causal self-attention of each history: softmax(q · kᵀ / √width) · v by heads, with dropout of the
// shares. qkv: [tokens, 3 · dim] → [tokens, dim].
at::Tensor packed_causal_attention(const at::Tensor& qkv,
                                   const std::shared_ptr<const PackedHistories>& packed,
                                   int64_t heads, double dropout);

}  // namespace marquee::models
