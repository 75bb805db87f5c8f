#include "inference/retrieval/retrieval.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "inference/retrieval/title_bitmap.h"

namespace marquee::inference {

bool is_eligible(const Query& query, uint32_t title) {
  if (std::ranges::binary_search(query.excluded, title)) return false;
  return query.allowed.empty() || contains(query.allowed, title);
}

void check_bitmap(const Query& query, int64_t titles) {
  if (!query.allowed.empty() && query.allowed.size() < bitmap_words(titles)) {
    throw Error(cat("bitmap of ", query.allowed.size(), " words for ", titles, " titles"));
  }
}

}  // namespace marquee::inference
