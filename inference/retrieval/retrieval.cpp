#include "inference/retrieval/retrieval.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace marquee::inference {

bool is_eligible(const Query& query, uint32_t title) {
  if (std::ranges::binary_search(query.excluded, title)) return false;
  return query.allowed.empty() || (query.allowed[title / 64] >> (title % 64) & 1) != 0;
}

void check_bitmap(const Query& query, int64_t titles) {
  if (!query.allowed.empty() && std::cmp_less(query.allowed.size(), titles / 64 + 1)) {
    throw Error(cat("bitmap of ", query.allowed.size(), " words for ", titles, " titles"));
  }
}

}  // namespace marquee::inference
