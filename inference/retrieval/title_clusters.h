// Approximate search for catalogues that are too large to look at every title for every request: an
// inverted file (Sivic & Zisserman, Video Google, ICCV 2003; Jégou, Douze & Schmid, Product
// Quantization for Nearest Neighbor Search, TPAMI 2011). Titles with similar vectors are one
// cluster, and a query looks into the clusters whose mean vectors score highest with it. Scores of
// what it finds are exact. How much of the exact result it finds is measured (recall()).
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "inference/retrieval/coarse_titles.h"
#include "inference/retrieval/top_k.h"

namespace marquee::inference {

class TitleClusters {
 public:
  // vectors: [titles + 1, dim], of which row 0 is not read. share: of all titles that a query looks
  // at, above 0 to 1. The clusters depend on the vectors alone, whatever the number of threads.
  TitleClusters(std::span<const float> vectors, int dim, double share);

  int64_t titles() const { return titles_; }
  int64_t clusters() const { return std::ssize(first_slot_) - 1; }

  // As Retrieval::search for one query. exact: of the same titles and, if there are more, of titles
  // that came later, which are all looked at. More clusters are looked into where filters leave
  // fewer than k.
  std::vector<ScoredTitle> search(const Retrieval& exact, const Query& query, int k) const;

  // The share of the exact best k that is found for these queries.
  double recall(const Retrieval& exact, std::span<const Query> queries, int k) const;

 private:
  class Search;

  int64_t titles_;
  double share_;
  std::unique_ptr<const TitleIndex> means_;  // [clusters + 1, dim]
  // Slots are places of titles in the order of the clusters, each of which begins a block.
  std::vector<uint32_t> title_in_;              // [slots], 0: none
  std::vector<int64_t> first_slot_;             // [clusters + 1]
  std::vector<int64_t> size_;                   // [clusters] titles
  std::unique_ptr<const CoarseTitles> coarse_;  // by slot; null: this processor has no coarse scan
};

}  // namespace marquee::inference
