// The prior of the vectors of users or titles, before their ratings are seen: Gaussian, with a mean
// that is linear in sparse features (Macau: Simm et al. 2015). Titles have their own features,
// users the titles they rated (SVD++: Koren 2008).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/classic/interaction_matrix.h"
#include "models/ratings/gaussian.h"

namespace marquee::models {

// Features of rows; each counts with the weight of its row.
struct RowFeatures {
  SparseRows of_row;            // [rows] feature indices
  std::vector<double> weights;  // [rows]
  std::vector<int> groups;      // [features] features of a group are shrunk equally
  int group_count = 0;
};

// Double precision, contiguous: what a run goes on from.
struct PriorState {
  at::Tensor mean;       // [dim]
  at::Tensor precision;  // [dim, dim] of a row about its mean
  at::Tensor links;      // [features, dim] what a feature adds to the mean
  at::Tensor strengths;  // [groups] precision of the links, relative to that of the rows
};
PriorState initial_prior(int64_t dim, int64_t features, int groups);

class LinkedPrior {
 public:
  // Draws change `state`. informed: rows that have ratings; the others do not inform the prior.
  LinkedPrior(PriorState state, RowFeatures features, const std::vector<bool>& informed);

  // One Gibbs step of the whole state, given vectors: [rows, dim].
  void draw(const std::vector<double>& vectors, RandomStream& random);

  // Means of all rows as the state has them: [rows, dim].
  std::vector<double> means() const;

 private:
  void draw_mean(std::vector<double>& left, const Cholesky& precision, RandomStream& random);
  void draw_links(std::vector<double>& left, const Cholesky& precision, RandomStream& random);
  void draw_strengths(RandomStream& random);
  void draw_precision(const std::vector<double>& left, RandomStream& random);

  PriorState state_;
  int64_t dim_;
  RowFeatures features_;
  std::vector<int64_t> informed_;  // rows
  SparseRows rows_of_;             // [features] informed rows only
};

}  // namespace marquee::models
