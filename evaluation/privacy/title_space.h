// Titles as directions, to compare histories with lists: by the vectors of the model where it has
// some that say which titles are similar, else by genres.
#pragma once

#include <span>
#include <vector>

#include "data/dataset.h"
#include "inference/bundle.h"

namespace marquee::evaluation {

class TitleSpace {
 public:
  TitleSpace(const inference::Bundle& bundle, const data::Catalogue& catalogue);

  // Whether there is neither: then all titles are 0.
  bool empty() const { return dim_ == 0; }

  // Mean of the directions of these titles, each of length 1 (or 0): [dim].
  std::vector<double> mean(std::span<const uint32_t> titles) const;

 private:
  size_t dim_ = 0;
  std::vector<float> units_;  // [titles + 1, dim]
};

// 0 where either has no length.
double cosine(std::span<const double> a, std::span<const double> b);

}  // namespace marquee::evaluation
