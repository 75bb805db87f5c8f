#include "models/neural_cf.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/text.h"
#include "models/layers/counted_titles.h"
#include "models/layers/dislike_loss.h"
#include "models/layers/gather.h"
#include "models/layers/neural_branches.h"
#include "models/layers/pair_loss.h"

namespace marquee::models {

namespace nn = torch::nn;

namespace {

constexpr int64_t kTitlesAtOnce = 1024;  // scored together by score_all
constexpr int64_t kExplained = 20;       // newest events of which contributions() is computed

// The newest events, each as a history of its own, and one without events.
struct SingleEvents {
  Histories
      histories;      // [batch * (kExplained + 1), 1]; title 0: there are fewer, or it is repeated
  at::Tensor places;  // [batch, kExplained] of the events in the history
};

SingleEvents single_events(const Histories& histories) {
  const at::Tensor events = histories.titles.gt(0).sum(1, /*keepdim=*/true);  // [batch, 1]
  const at::Tensor places = at::arange(-kExplained, 0, events.options()) + events;
  const at::Tensor exists = places.ge(0);
  SingleEvents single{{}, places.clamp_min(0)};
  const auto newest = [&](const at::Tensor& values) {
    return values.gather(1, single.places) * exists;
  };
  const auto alone = [](const at::Tensor& values) {
    return at::cat({values, at::zeros_like(values.slice(1, 0, 1))}, 1).flatten().unsqueeze(1);
  };
  Histories all{newest(histories.titles), newest(histories.signals), newest(histories.ages)};
  single.histories = {alone(counted_titles(all, /*dislikes=*/0).titles), alone(all.signals),
                      alone(all.ages)};
  if (histories.users.defined()) {
    single.histories.users = histories.users.repeat_interleave(kExplained + 1);
  }
  return single;
}

}  // namespace

struct NeuralCfImpl : nn::Module {
  NeuralCfImpl(const configs::Config& config, const FeatureLayout& layout,
               const at::Tensor& features, const TrainCounts& counts) {
    const std::string& form = config.model.neural_cf.form;
    if (form != "mlp") {
      gmf = register_module("gmf", std::make_shared<Gmf>(config, layout, features, counts));
      branches.push_back(gmf);
    }
    if (form != "gmf") {
      mlp = register_module("mlp", std::make_shared<Mlp>(config, layout, features, counts));
      branches.push_back(mlp);
    }
    steps = register_buffer("steps", at::zeros({1}, at::kLong));
  }
  std::shared_ptr<Gmf> gmf;  // null: none
  std::shared_ptr<Mlp> mlp;
  std::vector<std::shared_ptr<BranchImpl>> branches;  // both, or the one that there is
  at::Tensor steps;                                   // [1] taken so far
  at::Tensor frequency;  // [titles + 1]: share of each title in the training data
};

NeuralCf::NeuralCf(const configs::Config& config, const FeatureLayout& layout,
                   const at::Tensor& features, const TrainCounts& counts)
    : config_(config), net_(std::make_shared<NeuralCfImpl>(config, layout, features, counts)) {
  const at::Tensor of_titles = at::tensor(counts.of_titles).to(at::kFloat);
  net_->frequency = of_titles / of_titles.sum().clamp_min(1);
}

torch::nn::Module& NeuralCf::module() { return *net_; }

at::Tensor NeuralCf::title_vectors() {
  std::vector<at::Tensor> vectors;
  for (const auto& branch : net_->branches) vectors.push_back(branch->titles->all());
  return at::cat(vectors, 1);
}

at::Tensor NeuralCf::score_titles(const Histories& histories, const at::Tensor& titles) {
  std::vector<at::Tensor> logits;
  for (const auto& branch : net_->branches) {
    const at::Tensor vectors = branch->titles->all();
    const at::Tensor users = branch->last_state(histories, vectors);
    logits.push_back(branch->join(users.unsqueeze(1), gather(vectors, titles)));
  }
  const at::Tensor scores = logits.size() == 1 ? logits[0] : (logits[0] + logits[1]) / 2;
  return scores * titles.gt(0);
}

at::Tensor NeuralCf::score_all(const Histories& histories) {
  at::Tensor scores;
  for (const auto& branch : net_->branches) {
    const at::Tensor vectors = branch->titles->all();
    const at::Tensor users = branch->last_state(histories, vectors).unsqueeze(1);
    std::vector<at::Tensor> parts = {at::zeros_like(histories.signals.slice(1, 0, 1))};
    for (int64_t begin = 1; begin < vectors.size(0); begin += kTitlesAtOnce) {
      const int64_t end = std::min(begin + kTitlesAtOnce, vectors.size(0));
      parts.push_back(branch->join(users, vectors.slice(0, begin, end).unsqueeze(0)));
    }
    const at::Tensor own = at::cat(parts, 1);
    scores = scores.defined() ? (scores + own) / 2 : own;
  }
  return scores;
}

at::Tensor NeuralCf::contributions(const Histories& histories, const at::Tensor& titles,
                                   const at::Tensor& /*title_vectors*/) {
  const SingleEvents single = single_events(histories);
  at::Tensor scores;  // [batch, count, kExplained + 1]
  for (const auto& branch : net_->branches) {
    const at::Tensor vectors = branch->titles->all();
    const at::Tensor users =
        branch->last_state(single.histories, vectors).unflatten(0, {-1, kExplained + 1});
    const at::Tensor own = branch->join(users.unsqueeze(1), gather(vectors, titles).unsqueeze(2));
    scores = scores.defined() ? (scores + own) / 2 : own;
  }
  const at::Tensor counts =
      single.histories.titles.view({-1, 1, kExplained + 1}).gt(0) * titles.gt(0).unsqueeze(2);
  const at::Tensor added = (scores - scores.slice(2, -1)) * counts;
  const at::Tensor of_newest = added.slice(2, 0, -1);
  return at::zeros_like(titles.unsqueeze(2) * histories.signals.unsqueeze(1))
      .scatter_add(2, single.places.unsqueeze(1).expand_as(of_newest), of_newest);
}

namespace {

struct Sampled {
  at::Tensor titles;  // [negatives], the same for all targets
  at::Tensor log_q;   // [negatives] how often each is expected among them
};

// `in_batch` negatives are other targets of the batch, the others of `count` are drawn from the
// whole catalogue.
Sampled sample(const at::Tensor& targets, const at::Tensor& frequency, int64_t count,
               int64_t in_batch) {
  const int64_t uniform = count - in_batch, titles = frequency.size(0) - 1;
  const at::Tensor drawn = at::randint(targets.size(0), {in_batch}, targets.options());
  Sampled sampled;
  sampled.titles = at::cat(
      {targets.index_select(0, drawn), at::randint(1, titles + 1, {uniform}, targets.options())});
  sampled.log_q = (frequency.index_select(0, sampled.titles) * in_batch +
                   static_cast<double>(uniform) / static_cast<double>(titles))
                      .log();
  return sampled;
}

// What a branch makes of a batch.
struct Branched {
  at::Tensor users;      // [targets, dim]
  at::Tensor negatives;  // [negatives, dim]
  at::Tensor positives;  // [targets]: scores
  // [disliked] scores, and [disliked, usual] of usual titles; undefined: nothing was.
  at::Tensor disliked, usual;
};

// usual: titles to compare with, where something was disliked.
Branched branched(BranchImpl& branch, const Batch& batch, const Sampled& sampled,
                  const at::Tensor& usual) {
  const at::Tensor vectors = branch.titles->all();
  const at::Tensor states = branch.states(batch, vectors);
  Branched made{states, gather(vectors, sampled.titles), {}, {}, {}};
  if (batch.disliked.defined()) {
    const int64_t targets = batch.targets.size(0);
    const at::Tensor users = states.slice(0, targets);
    made.users = states.slice(0, 0, targets);
    made.disliked = branch.join(users, gather(vectors, batch.disliked));
    made.usual = branch.join(users.unsqueeze(1), gather(vectors, usual).unsqueeze(0));
  }
  made.positives = branch.join(made.users, gather(vectors, batch.targets));
  return made;
}

// Of the mean of the branches' scores.
at::Tensor dislike_part(const Batch& batch, const std::vector<Branched>& made) {
  at::Tensor scores = made[0].disliked, usual = made[0].usual;
  if (made.size() > 1) {
    scores = (scores + made[1].disliked) / 2;
    usual = (usual + made[1].usual) / 2;
  }
  return dislike_loss(batch, scores, usual);
}

at::Tensor ranking_loss(NeuralCfImpl& net, const configs::NeuralCfConfig& c, const Batch& batch,
                        const Sampled& sampled, const std::vector<Branched>& made) {
  const at::Tensor is_target = batch.targets.unsqueeze(1).eq(sampled.titles.unsqueeze(0));
  const auto task = [&](const at::Tensor& positives) {
    return PairTask{c.loss, positives, is_target, sampled.log_q};
  };
  const auto alone = [&](size_t i) {
    return net.branches[i]->loss(task(made[i].positives), made[i].users, made[i].negatives);
  };
  if (made.size() == 1) return alone(0);
  // Pre-training: each branch by itself; then both as one.
  if (c.pretrain_steps > 0) {
    net.steps += 1;
    if (net.steps.item<int64_t>() <= c.pretrain_steps) return alone(0) + alone(1);
  }
  return net.mlp->loss_with(task((made[0].positives + made[1].positives) / 2), made[1].users,
                            made[1].negatives, net.gmf->scores(made[0].users, made[0].negatives));
}

}  // namespace

at::Tensor NeuralCf::loss(const Batch& batch) {
  const auto& c = config_.model.neural_cf;
  net_->frequency = net_->frequency.to(batch.targets.device());
  // The other targets of one member alone would be no negatives.
  const int64_t in_batch = configs::learns_privately(config_) ? 0 : c.negatives / 2;
  const Sampled sampled = sample(batch.targets, net_->frequency, c.negatives, in_batch);
  const bool disliked = batch.disliked.defined();
  const at::Tensor usual =
      disliked ? usual_titles(batch, net_->frequency.size(0) - 1) : at::Tensor();
  std::vector<Branched> made;
  for (const auto& branch : net_->branches) {
    made.push_back(branched(*branch, batch, sampled, usual));
  }
  const at::Tensor ranking = ranking_loss(*net_, c, batch, sampled, made);
  return disliked ? ranking + dislike_part(batch, made) * config_.model.dislikes : ranking;
}

std::string NeuralCf::description() const {
  const auto& c = config_.model.neural_cf;
  const std::string events = cat("from the last ", config_.data.max_history, " events");
  return cat("Neural collaborative filtering: ",
             c.form == "gmf"   ? "a weighted inner product"
             : c.form == "mlp" ? "a perceptron"
                               : "a weighted inner product and a perceptron",
             " joins a member, encoded ",
             c.member == "history" ? events
             : c.member == "id"    ? "as an embedding of their own (by id)"
                                   : cat("as an embedding of their own (by id) and ", events),
             ", with a title, encoded as its own embedding",
             config_.model.title.features ? " and those of its features" : "", ".");
}

}  // namespace marquee::models
