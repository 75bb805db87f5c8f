#include "models/classic/item_knn.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/text.h"
#include "models/classic/interaction_matrix.h"
#include "models/classic/newcomers.h"
#include "models/layers/counted_titles.h"

namespace marquee::models {

struct ItemKnn::Net : torch::nn::Module {
  Net(int64_t titles, int64_t neighbours) {
    ids = register_buffer("neighbours", at::zeros({titles + 1, neighbours}, at::kLong));
    weights = register_parameter("similarities", at::zeros({titles + 1, neighbours}),
                                 /*requires_grad=*/false);
    shares = register_buffer("shares", at::zeros({titles + 1}));
  }
  at::Tensor shares;   // [titles + 1] watched_shares()
  at::Tensor ids;      // [titles + 1, neighbours]; 0: there is none
  at::Tensor weights;  // [titles + 1, neighbours]
};

ItemKnn::ItemKnn(int64_t titles, const configs::ModelConfig& config)
    : config_(config.item_knn),
      prior_(config.prior),
      dislikes_(config.dislikes),
      net_(std::make_shared<Net>(titles, std::min<int64_t>(config_.neighbours, titles))) {}

torch::nn::Module& ItemKnn::module() { return *net_; }

double ItemKnn::fit_round(const data::Dataset& dataset, int64_t /*round*/) {
  const InteractionMatrix interactions(dataset);
  const auto titles = static_cast<size_t>(interactions.users_of_title.rows());
  const auto neighbours = static_cast<size_t>(net_->ids.size(1));
  int64_t* ids = net_->ids.mutable_data_ptr<int64_t>();
  float* weights = net_->weights.mutable_data_ptr<float>();
  for_each_cooccurrence(interactions, [&](int64_t title, std::span<const float> counts) {
    const auto users = [&](size_t other) {
      return static_cast<float>(interactions.users_of_title[static_cast<int64_t>(other)].size());
    };
    const float own = users(static_cast<size_t>(title));
    std::vector<std::pair<float, int64_t>> similar;
    for (size_t other = 1; other < titles; ++other) {
      if (counts[other] == 0 || static_cast<int64_t>(other) == title) continue;
      const float norm = std::sqrt(own * users(other));
      similar.emplace_back(counts[other] / (norm + static_cast<float>(config_.shrinkage)),
                           static_cast<int64_t>(other));
    }
    const size_t kept = std::min(neighbours, similar.size());
    std::partial_sort(similar.begin(), similar.begin() + static_cast<int64_t>(kept), similar.end(),
                      [](const auto& a, const auto& b) {
                        return a.first != b.first ? a.first > b.first : a.second < b.second;
                      });
    for (size_t n = 0; n < neighbours; ++n) {
      const size_t place = static_cast<size_t>(title) * neighbours + n;
      ids[place] = n < kept ? similar[n].second : 0;
      weights[place] = n < kept ? similar[n].first : 0;
    }
  });
  net_->shares.copy_(watched_shares(interactions));
  return std::numeric_limits<double>::quiet_NaN();
}

at::Tensor ItemKnn::score_all(const Histories& histories) {
  const CountedTitles counted = counted_titles(histories, dislikes_);
  // As many rows as there are histories, in a way that a trace does not tie to one batch size.
  const at::Tensor nothing = at::zeros_like(histories.signals.slice(1, 0, 1));
  const at::Tensor seen =
      nothing.expand({-1, net_->ids.size(0)}).scatter_add(1, counted.titles, counted.weights);
  const at::Tensor starts =
      at::arange(net_->ids.size(0), counted.titles.options()) * net_->ids.size(1);
  return std::get<0>(at::embedding_bag(seen.t().contiguous(), net_->ids.flatten(), starts,
                                       /*scale_grad_by_freq=*/false, /*mode=*/0, /*sparse=*/false,
                                       net_->weights.flatten()))
             .t() +
         newcomer_weight(counted.liked(), prior_) * net_->shares;
}

at::Tensor ItemKnn::contributions(const Histories& histories, const at::Tensor& titles,
                                  const at::Tensor& /*title_vectors*/) {
  const auto& [events, weights] = counted_titles(histories, dislikes_);
  // [batch, titles + 1]: where each title is in the history, from 1 on; 0: it is not. That of title
  // 0 has no meaning and no weight.
  const at::Tensor places = at::zeros_like(events.slice(1, 0, 1))
                                .expand({-1, net_->ids.size(0)})
                                .scatter(1, events, at::ones_like(events).cumsum(1));
  const at::Tensor ids = net_->ids.index({titles});  // [batch, count, neighbours]
  const at::Tensor found = places.gather(1, ids.flatten(1)).view_as(ids);
  const at::Tensor places_and_none =
      at::cat({histories.signals.slice(1, 0, 1), histories.signals}, 1).unsqueeze(1);
  return at::zeros_like(titles.unsqueeze(2) * places_and_none)
             .scatter_add(2, found, net_->weights.index({titles}))
             .slice(2, 1) *
         weights.unsqueeze(1);
}

std::string ItemKnn::description() const {
  return cat(
      "Ranks titles by how similar they are to those of the history: cosine similarity of "
      "their users, the ",
      config_.neighbours, " most similar titles of each, shrunk by ", config_.shrinkage, ".");
}

}  // namespace marquee::models
