#include "models/layers/neural_branches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "models/layers/dislike_loss.h"
#include "models/layers/gather.h"
#include "models/layers/linear.h"

namespace marquee::models {

namespace nn = torch::nn;

BranchImpl::BranchImpl(const configs::Config& config, const FeatureLayout& layout,
                       const at::Tensor& features, const TrainCounts& counts) {
  const std::string& member = config.model.neural_cf.member;
  const int64_t dim = config.model.dim;
  titles = register_module("titles", TitleTower(config.model, layout, features));
  if (member != "id") {
    history = register_module("history",
                              HistoryEncoder(dim, config.data.max_history, config.model.history));
  }
  if (member == "id") {
    user_ids = register_module("user_ids", UserEmbedding(dim, counts.of_users, UnknownUser::kMean));
  } else if (member == "both") {
    user_ids = register_module("user_ids", UserEmbedding(dim, counts.of_users, UnknownUser::kZero,
                                                         config.model.neural_cf.member_dropout));
  }
  // Which titles nobody watched is not for a private model to say.
  if (!configs::learns_privately(config)) titles->learns_from(counts.of_titles);
}

at::Tensor BranchImpl::states(const Batch& batch, const at::Tensor& vectors) {
  const at::Tensor positions = all_positions(batch);
  at::Tensor states;
  if (history) {
    states = history->states_at([&](const at::Tensor& ids) { return gather(vectors, ids); },
                                batch.histories, positions);
  }
  if (!user_ids) return states;
  const at::Tensor rows = at::floor_divide(positions, batch.histories.titles.size(1) + 1);
  return with_ids(states, batch.histories.users.index_select(0, rows));
}

at::Tensor BranchImpl::last_state(const Histories& histories, const at::Tensor& vectors) {
  at::Tensor state;
  if (history) state = history->last_state(gather(vectors, histories.titles), histories);
  if (!user_ids) return state;
  return with_ids(state, histories.users.defined() ? histories.users
                                                   : at::zeros_like(histories.titles.select(1, 0)));
}

at::Tensor BranchImpl::with_ids(const at::Tensor& states, const at::Tensor& ids) {
  const at::Tensor own = user_ids(ids);
  return states.defined() ? states + own : own;
}

Gmf::Gmf(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
         const TrainCounts& counts)
    : BranchImpl(config, layout, features, counts) {
  weights = register_parameter("weights", at::ones({config.model.dim}));
}

at::Tensor Gmf::join(const at::Tensor& users, const at::Tensor& rows) {
  return (users * weights * rows).sum(-1);
}

at::Tensor Gmf::scores(const at::Tensor& users, const at::Tensor& rows) {
  return (users * weights).matmul(rows.t());
}

at::Tensor Gmf::loss(const PairTask& task, const at::Tensor& users, const at::Tensor& rows) {
  return pair_loss(task, scores(users, rows));
}

Mlp::Mlp(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
         const TrainCounts& counts)
    : BranchImpl(config, layout, features, counts) {
  const int64_t dim = config.model.dim;
  of_user = register_module("of_user", nn::Linear(dim, dim));
  of_title = register_module("of_title", nn::Linear(nn::LinearOptions(dim, dim).bias(false)));
  layers = register_module("layers", nn::ModuleList());
  int64_t width = dim;
  for (int layer = 1; layer < config.model.neural_cf.mlp_layers; ++layer) {
    const int64_t narrower = std::max<int64_t>(1, width / 2);
    layers->push_back(nn::Linear(width, narrower));
    width = narrower;
  }
  out = register_module("out", nn::Linear(width, 1));
}

at::Tensor Mlp::join(const at::Tensor& users, const at::Tensor& rows) {
  at::Tensor hidden = (of_user(users) + of_title(rows)).relu();
  for (const auto& layer : *layers) hidden = layer->as<nn::Linear>()->forward(hidden).relu();
  return out(hidden).squeeze(-1);
}

at::Tensor Mlp::loss(const PairTask& task, const at::Tensor& users, const at::Tensor& rows) {
  return loss_with(task, users, rows, {});
}

at::Tensor Mlp::loss_with(const PairTask& task, const at::Tensor& users, const at::Tensor& rows,
                          const at::Tensor& others) {
  Perceptron perceptron{linear(of_user, users), linear(of_title, rows), layers, out};
  return perceptron_loss(task, perceptron, others);
}

}  // namespace marquee::models
