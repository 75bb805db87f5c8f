// What models of interactions say about members of whom little is known: without it, nothing of
// somebody with an empty history, and after one event only what is near that one title.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/classic/interaction_matrix.h"

namespace marquee::models {

// How likely somebody is to watch each title of whom nothing is known: the share of training users
// with an interaction. → [titles + 1], padding with 0.
at::Tensor watched_shares(const InteractionMatrix& interactions);

// How much these shares add to scores that are near 1 for what somebody watches:
// prior / (prior + n). titles: [batch, 1] n, how many the member liked → [batch, 1]
at::Tensor newcomer_weight(const at::Tensor& titles, double prior);

}  // namespace marquee::models
