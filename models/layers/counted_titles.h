// What the classic models see of a history: which titles were liked and which disliked, not when
// or how often.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// Each title of a history counts once, as its newest event says that has a signal other than 0:
// with weight 1 where that is above 0, with -dislikes where it is below.
struct CountedTitles {
  at::Tensor titles;   // [batch, length] int64, at that event's place; 0 elsewhere
  at::Tensor weights;  // [batch, length] float; 0 where the title is 0

  at::Tensor liked() const;  // [batch, 1] float: how many count with weight 1
};

// With dislikes 0 titles that were disliked are none of them.
CountedTitles counted_titles(const Histories& histories, double dislikes);

}  // namespace marquee::models
