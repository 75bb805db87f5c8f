#include "models/two_tower.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "models/layers/dislike_loss.h"
#include "models/layers/feedback_heads.h"
#include "models/layers/gather.h"
#include "models/layers/group_reader.h"
#include "models/layers/history_encoder.h"
#include "models/layers/reinforce.h"
#include "models/layers/softmax_loss.h"
#include "models/layers/title_tower.h"
#include "models/layers/unit_vectors.h"

namespace marquee::models {

struct TwoTowerImpl : torch::nn::Module {
  TwoTowerImpl(const configs::Config& config, const FeatureLayout& layout,
               const at::Tensor& features) {
    titles = register_module("titles", TitleTower(config.model, layout, features));
    history = register_module(
        "history", HistoryEncoder(config.model.dim, config.data.max_history, config.model.history));
    if (config.model.loss.kind == "reinforce") {
      behaviour = register_parameter("behaviour", titles->all().detach().clone());
    }
    if (config.model.loss.completion_weight > 0) {
      completion = register_module("completion", FeedbackHead(config.model.dim));
    }
    if (config.model.loss.rating_weight > 0) {
      rating = register_module("rating", FeedbackHead(config.model.dim));
    }
    if (config.model.loss.learn_temperature) {
      const double temperature = configs::temperature(config.model);
      log_scale = register_parameter("log_scale", at::full({1}, -std::log(temperature)));
    }
  }
  TitleTower titles{nullptr};
  HistoryEncoder history{nullptr};
  FeedbackHead completion{nullptr}, rating{nullptr};  // null: not learned
  at::Tensor log_scale;  // [1]: scores are multiplied by its exponential; undefined: not learned
  at::Tensor behaviour;  // [titles + 1, dim]: titles as the log had them; undefined: not learned
  at::Tensor
      frequency;  // [titles + 1]: share of each title in the training data; follows the device
};

namespace {
constexpr double kMostScale = 100;  // of a learned temperature: 0.01 at least

at::Tensor shares(const std::vector<int64_t>& counts) {
  const at::Tensor values = at::tensor(counts).to(at::kFloat);
  return values / values.sum().clamp_min(1);
}

auto rows_of(const at::Tensor& vectors) {
  return [vectors](const at::Tensor& titles) { return gather(vectors, titles); };
}

// Without those before what was disliked.
at::Tensor of_targets(const Batch& batch, const at::Tensor& states) {
  return batch.disliked.defined() ? states.slice(0, 0, batch.targets.size(0)) : states;
}

// A smaller share of each target, and the rest spread over all titles (Szegedy et al. 2016): what
// it adds to the mean cross-entropy.
at::Tensor smoothing(const at::Tensor& states, const at::Tensor& vectors, const at::Tensor& targets,
                     double share) {
  const at::Tensor apart = gather(vectors, targets) - vectors.slice(0, 1).mean(0);
  return (states * apart).sum(1).mean() * share;
}
}  // namespace

TwoTower::TwoTower(const configs::Config& config, const FeatureLayout& layout,
                   const at::Tensor& features, const std::vector<int64_t>& train_counts,
                   int64_t groups)
    : config_(config),
      groups_(groups),
      net_(std::make_shared<TwoTowerImpl>(config, layout, features)) {
  net_->frequency = shares(train_counts);
  // Which titles nobody watched is not for a private model to say.
  if (!configs::learns_privately(config)) net_->titles->learns_from(train_counts);
}

torch::nn::Module& TwoTower::module() { return *net_; }

std::string TwoTower::description() const {
  const auto& model = config_.model;
  return cat("A two-tower model: titles are embeddings",
             model.title.features ? " plus those of their genres, actors, directors, studios, "
                                    "languages, year and runtime"
                                  : "",
             "; members are encoded from their last ", config_.data.max_history, " events by ",
             model.history.encoder == "attention" ? "causal self-attention"
             : model.history.encoder == "ligr"    ? "causal self-attention with gates"
             : model.history.encoder == "hstu"    ? "HSTU blocks"
                                                  : "their running mean",
             ". A title's score is the ", model.scores == "cosine" ? "cosine" : "inner product",
             " of the two",
             model.loss.kind == "reinforce"
                 ? ", learned from what titles earned (REINFORCE with top-K off-policy correction)."
                 : ".");
}

at::Tensor TwoTower::title_vectors() { return net_->titles->all(); }

at::Tensor TwoTower::encode_titles(const at::Tensor& features) {
  return net_->titles->has_features() ? net_->titles->from_features(features) : at::Tensor();
}

at::Tensor TwoTower::encode_user(const Histories& histories, const at::Tensor& title_vectors) {
  const at::Tensor vectors = gather(title_vectors, histories.titles);
  return finished(net_->history->last_state(vectors, histories));
}

at::Tensor TwoTower::finished(const at::Tensor& states) const {
  return config_.model.scores == "cosine" ? unit_vectors(states) : states;
}

at::Tensor TwoTower::states_of(const Batch& batch, const Lookup& vectors_of) {
  return finished(net_->history->states_at(vectors_of, batch.histories, all_positions(batch)));
}

at::Tensor TwoTower::scaled(const at::Tensor& states) const {
  if (!net_->log_scale.defined()) return states / configs::temperature(config_.model);
  return states * net_->log_scale.exp().clamp_max(kMostScale);
}

// A model that was trained to predict what follows in the log is the best first estimate of how the
// log was made.
void TwoTower::warm_started(const std::vector<std::string>& left) {
  if (std::ranges::find(left, "behaviour") == left.end()) return;
  const at::NoGradGuard no_grad;
  const bool training = net_->is_training();
  net_->eval();  // without dropout
  net_->behaviour.copy_(net_->titles->all());
  net_->train(training);
}

at::Tensor TwoTower::loss(const Batch& batch) {
  const std::string& kind = config_.model.loss.kind;
  return kind == "full"        ? full_loss(batch)
         : kind == "reinforce" ? reinforce_loss(batch)
                               : sampled_loss(batch);
}

at::Tensor TwoTower::full_loss(const Batch& batch) {
  const double share = config_.model.loss.label_smoothing;
  const at::Tensor vectors = net_->titles->all();
  const at::Tensor all = states_of(batch, rows_of(vectors));
  const at::Tensor states = of_targets(batch, all);
  const at::Tensor users = scaled(states);
  at::Tensor loss = full_softmax_loss(users, vectors, batch.targets);
  if (share > 0) loss = loss + smoothing(users, vectors, batch.targets, share);
  return loss + other_losses(batch, states, gather(vectors, batch.targets)) +
         dislike_part(batch, all, rows_of(vectors));
}

at::Tensor TwoTower::reinforce_loss(const Batch& batch) {
  const configs::LossConfig& c = config_.model.loss;
  const at::Tensor vectors = net_->titles->all();
  const at::Tensor all = states_of(batch, rows_of(vectors));
  const at::Tensor states = of_targets(batch, all);
  const at::Tensor users = scaled(states);
  const at::Tensor logged = users.detach();  // the behaviour head must not change the states
  const at::Tensor behaviour = finished(net_->behaviour);
  const at::Tensor weights =
      reinforce_weights(full_log_probabilities(users, vectors, batch.targets),
                        full_log_probabilities(logged, behaviour, batch.targets), batch.rewards,
                        {c.top_k, c.weight_cap});
  return full_softmax_loss(users, vectors, batch.targets, weights) +
         full_softmax_loss(logged, behaviour, batch.targets) +
         other_losses(batch, states, gather(vectors, batch.targets)) +
         dislike_part(batch, all, rows_of(vectors));
}

at::Tensor TwoTower::dislike_part(const Batch& batch, const at::Tensor& states,
                                  const Lookup& vectors_of) {
  if (!batch.disliked.defined()) return at::zeros({}, states.options().dtype(at::kFloat));
  const at::Tensor users = scaled(states.slice(0, batch.targets.size(0)));
  const at::Tensor usual = usual_titles(batch, net_->titles->titles());
  const at::Tensor scores = (users * vectors_of(batch.disliked)).sum(1);
  return dislike_loss(batch, scores, users.matmul(vectors_of(usual).t())) * config_.model.dislikes;
}

at::Tensor TwoTower::other_losses(const Batch& batch, const at::Tensor& states,
                                  const at::Tensor& vectors) {
  at::Tensor loss = at::zeros({}, states.options().dtype(at::kFloat));
  if (net_->completion) {
    loss = loss + known_cross_entropy(net_->completion(states, vectors), batch.completed) *
                      config_.model.loss.completion_weight;
  }
  if (net_->rating) {
    loss = loss + known_squared_error(net_->rating(states, vectors), batch.liked) *
                      config_.model.loss.rating_weight;
  }
  if (groups_ > 0) {
    loss = loss + read_by_the_best(states, batch.groups, groups_) * config_.model.loss.hide_groups;
  }
  return loss;
}

at::Tensor TwoTower::sampled_loss(const Batch& batch) {
  const auto& c = config_.model.loss;
  const int64_t titles = net_->titles->titles();
  // In-batch negatives are other targets of the batch: drawn by their share of interactions.
  const bool calibrated = c.kind == "gbce";  // which is defined for uniform negatives alone
  const int64_t in_batch = calibrated ? 0 : c.in_batch_negatives;
  const at::Tensor drawn = at::randint(batch.targets.size(0), {in_batch}, batch.targets.options());
  const at::Tensor uniform =
      at::randint(1, titles + 1, {c.uniform_negatives}, batch.targets.options());
  SampledTitles negatives;
  negatives.titles = at::cat({batch.targets.index_select(0, drawn), uniform});
  net_->frequency = net_->frequency.to(batch.targets.device());
  negatives.log_q = (net_->frequency.index_select(0, negatives.titles) * in_batch +
                     static_cast<double>(c.uniform_negatives) / static_cast<double>(titles))
                        .log();
  // The whole table is cheaper than rows with repetitions once those outnumber the titles.
  const at::Tensor& history = batch.histories.titles;
  const bool whole_table = history.numel() + 2 * batch.targets.numel() > titles;
  const at::Tensor table = whole_table ? net_->titles->all() : at::Tensor();
  const auto lookup = [&](const at::Tensor& ids) {
    return whole_table ? gather(table, ids) : net_->titles->rows(ids);
  };
  negatives.vectors = lookup(negatives.titles);
  const at::Tensor all = states_of(batch, lookup);
  const at::Tensor states = of_targets(batch, all);
  const at::Tensor users = scaled(states);
  const at::Tensor positives = lookup(batch.targets);
  const at::Tensor ranking =
      calibrated ? gbce_loss(users, positives, batch.targets, negatives, {c.calibration, titles})
                 : sampled_softmax_loss(users, positives, batch.targets, negatives);
  return ranking + other_losses(batch, states, positives) + dislike_part(batch, all, lookup);
}

RatedTwoTower::RatedTwoTower(const configs::Config& config, const FeatureLayout& layout,
                             const at::Tensor& features, const data::Dataset& dataset,
                             int64_t groups)
    : TwoTower(config, layout, features, dataset.train_counts(), groups),
      scale_(dataset.rating_scale()) {}

at::Tensor RatedTwoTower::predict_rating(const Histories& histories, const at::Tensor& titles) {
  const at::Tensor vectors = title_vectors();
  const at::Tensor users = encode_user(histories, vectors).unsqueeze(1);
  const at::Tensor rated = gather(vectors, titles);
  return at::sigmoid(net_->rating(users + at::zeros_like(rated), rated)) * scale_.width() +
         scale_.low;
}

}  // namespace marquee::models
