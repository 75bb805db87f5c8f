#include "models/classic/newcomers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

namespace marquee::models {

at::Tensor watched_shares(const InteractionMatrix& interactions) {
  double users = 0;
  for (int64_t user = 0; user < interactions.titles_of_user.rows(); ++user) {
    users += !interactions.titles_of_user[user].empty();
  }
  std::vector<float> shares;
  for (int64_t title = 0; title < interactions.users_of_title.rows(); ++title) {
    const auto watched = static_cast<double>(interactions.users_of_title[title].size());
    shares.push_back(static_cast<float>(watched / std::max(1.0, users)));
  }
  return at::tensor(shares);
}

at::Tensor newcomer_weight(const at::Tensor& titles, double prior) {
  if (prior == 0) return at::zeros_like(titles);
  return prior / (titles + prior);
}

}  // namespace marquee::models
