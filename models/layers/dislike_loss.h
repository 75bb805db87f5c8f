// What is learned from titles that members disliked.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// Titles that scores of what was disliked are compared with, spread evenly over the catalogue:
// [256], or all. Not drawn, so that several processes learn what one does.
at::Tensor usual_titles(const Batch& batch, int64_t titles);

// Binary cross-entropy against each title that was disliked being better than the usual one: the
// mean over targets of log(1 + exp(s - log mean exp of the others' scores)).
// The others are what they are: they have no gradient.
//   scores: [n] of titles that were disliked; others: [n, count] of the usual titles → scalar
at::Tensor dislike_loss(const Batch& batch, const at::Tensor& scores, const at::Tensor& others);

// The positions of a batch's targets, then those of what was disliked.
at::Tensor all_positions(const Batch& batch);

}  // namespace marquee::models
