// The best k titles by a coarse scan (coarse_titles.h) and then the exact scores of those that may
// be among the best k. Same result as the exact scan, to the bit.
#pragma once

#include <span>
#include <vector>

#include "inference/retrieval/packed_titles.h"
#include "inference/retrieval/title_scan.h"

namespace marquee::inference {

// Whether there is a coarse scan and it pays for itself.
bool coarse_search_pays(const PackedTitles& titles, int64_t k);

// queries: those of the part. found: one a query. Returns the queries that have no coarse form,
// whose `found` is left as it is.
std::vector<size_t> coarse_search(const PackedTitles& titles, const ScanPart& part,
                                  std::span<const Query> queries, int64_t k,
                                  std::vector<ScoredTitle>* found);

}  // namespace marquee::inference
