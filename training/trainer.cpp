#include "training/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "core/artefact.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/text.h"
#include "training/precision.h"
#include "training/schedule.h"

namespace marquee::training {

namespace {

models::NamedTensors trainable(torch::nn::Module& module) {
  models::NamedTensors tensors = models::tensors_of(module);
  std::erase_if(tensors, [](const auto& item) { return !item.second.requires_grad(); });
  return tensors;
}

AdamWOptions optimizer_options(const configs::Config& config) {
  AdamWOptions options;
  options.weight_decay = config.train.weight_decay;
  options.clip_norm = configs::learns_privately(config) ? 0 : config.train.clip_norm;
  return options;
}

constexpr int64_t kStepsBetweenAgreements = 16;  // of ranks, on whether to go on

// Names of the states of random generators in checkpoints.
constexpr const char* kRandom = "random";
std::string random_of(int64_t rank) { return rank == 0 ? kRandom : cat(kRandom, ".", rank); }

const at::Generator& generator(const std::string& device) {
  if (device == "cpu") return at::detail::getDefaultCPUGenerator();
  return at::globalContext().defaultGenerator(c10::impl::VirtualGuardImpl(at::kCUDA).getDevice());
}

// How rewards are counted, where the loss needs them.
const configs::EventRewardConfig* rewards(const configs::ModelConfig& model) {
  return configs::learns_rewards(model) ? &model.loss.reward : nullptr;
}

}  // namespace

Trainer::Trainer(const configs::Config& config, const TrainerParts& parts)
    : config_(config),
      parts_(parts),
      data_(parts.dataset, config.data.max_history, parts.device, rewards(config.model)),
      best_(parts.dataset, config, {parts.device, parts.run, parts.ranks}),
      weights_(models::tensors_of(parts.model.module())),
      optimizer_(trainable(parts.model.module()), optimizer_options(config)),
      window_seed_(static_cast<uint64_t>(config.train.seed)),
      checkpoints_(parts.run / "checkpoints", config.train.keep_checkpoints, is_first()) {
  if (parts.privacy) {
    private_ = std::make_unique<PrivateGradient>(trainable(parts.model.module()), *parts.privacy);
  }
  if (config.train.average > 0) {
    average_ =
        std::make_unique<WeightAverage>(trainable(parts.model.module()), config.train.average);
  }
  if (parts_.ranks != nullptr) {
    std::vector<at::Tensor> parameters;
    for (const auto& [name, tensor] : trainable(parts.model.module())) parameters.push_back(tensor);
    parts_.ranks->exchange_gradients_of(parameters);
  }
  data_.augment(config.train.augment);
  if (config_.model.dislikes > 0) data_.take_dislikes();
  use_groups();
  seed_draws();
  restore();
  if (private_) keep_draws_secret();
  if (is_first()) {
    log_ = std::make_unique<RunLog>(parts_.run, RunLength{last_epoch(), data_.events()}, state_);
  }
}

// Ranks draw dropout and negatives of their own; the first draws those of a process alone.
void Trainer::seed_draws() {
  if (is_first()) return;
  const std::string name = cat("rank ", parts_.ranks->rank(), " from step ", state_.step);
  at::manual_seed(RandomStream(static_cast<uint64_t>(config_.train.seed), name).next());
}

void Trainer::use_groups() {
  const auto& c = config_.train.groups;
  if (c.attribute.empty()) return;
  const auto groups = data::member_groups(parts_.dataset, c.attribute, "train.groups.attribute");
  if (config_.model.loss.hide_groups > 0) data_.add_groups(groups);
  if (c.balance > 0) data_.balance(groups, c.balance);
}

StopReason Trainer::fit() {
  parts_.model.module().train();
  const auto& train = config_.train;
  while (state_.epoch < last_epoch()) {
    if (best_.out_of_patience(state_)) break;
    if (parts_.stop_after > 0 && state_.epoch >= parts_.stop_after) {
      save_checkpoint();
      return StopReason::kPaused;
    }
    const auto windows = windows_of_epoch();
    while (state_.position < std::ssize(windows)) {
      if (interrupted_anywhere()) {
        save_good_checkpoint(windows);
        return StopReason::kInterrupted;
      }
      step(windows);
      if (logs_at(train, state_.step)) read_losses(windows);
      if (checkpoints_at(train, state_.step)) save_good_checkpoint(windows);
    }
    read_losses(windows);
    check_weights(windows);
    state_.position = 0;
    ++state_.epoch;
    if (!validates_at(train, state_.epoch, last_epoch())) continue;
    validate();
    if (best_.out_of_patience(state_)) {
      if (log_) log_->finish();
      return StopReason::kStoppedEarly;
    }
  }
  if (log_) log_->finish();
  return StopReason::kFinished;
}

// Ranks have to stop at the same step, so they ask each other, now and then.
bool Trainer::interrupted_anywhere() const {
  if (parts_.ranks == nullptr) return interrupted();
  return state_.step % kStepsBetweenAgreements == 0 && parts_.ranks->any(interrupted());
}

int64_t Trainer::last_epoch() const {
  return parts_.epochs > 0 ? parts_.epochs : config_.train.epochs;
}

void Trainer::validate() {
  if (average_) average_->exchange();
  best_.validate(parts_.model, state_, log_.get());
  if (average_) average_->exchange();
}

double Trainer::current_learning_rate(const std::vector<Window>& windows) const {
  const double share = static_cast<double>(state_.position) / static_cast<double>(windows.size());
  return learning_rate(config_.train, {state_.step, (static_cast<double>(state_.epoch) + share) /
                                                        static_cast<double>(config_.train.epochs)});
}

// Windows, dropout and negatives: of a seed that is known, a member more would change those of all
// others, and so more than the clip bounds.
void Trainer::keep_draws_secret() {
  RandomStream random = secret_stream();
  window_seed_ = random.next();
  at::manual_seed(random.next());
}

// Under privacy one window a member, another one in each epoch.
std::vector<Window> Trainer::windows_of_epoch() const {
  std::vector<Window> windows = data_.windows(window_seed_, state_.epoch);
  if (private_) {
    std::unordered_set<int64_t> members;
    std::erase_if(windows, [&](const Window& w) { return !members.insert(w.user).second; });
  }
  return windows;
}

void Trainer::step(const std::vector<Window>& windows) {
  const int64_t count =
      std::min<int64_t>(config_.train.batch_size, std::ssize(windows) - state_.position);
  const Window* const batch = windows.data() + state_.position;
  const at::Tensor loss = private_                  ? take_private_gradient(windows)
                          : parts_.ranks != nullptr ? take_shared_gradient(batch, count)
                                                    : take_gradient(batch, count);
  optimizer_.step(current_learning_rate(windows));
  if (average_) average_->add(state_.step);
  unread_losses_.push_back(loss);
  ++state_.step;
  state_.position += count;
  if (!log_) return;
  log_->live(state_, static_cast<double>(state_.position) / static_cast<double>(windows.size()));
}

at::Tensor Trainer::loss_of(const models::Batch& batch) {
  const Autocast autocast(parts_.device, config_.train.precision == "bf16");
  return parts_.learner.loss(batch);
}

at::Tensor Trainer::take_gradient(const Window* windows, int64_t count) {
  const models::Batch batch = data_.batch(windows, count);
  const at::Tensor loss = loss_of(batch);
  loss.backward();
  log_->trained(batch.targets.size(0));
  return loss.detach();
}

// The loss is a mean over targets, so a part counts by its share of them.
at::Tensor Trainer::take_shared_gradient(const Window* windows, int64_t count) {
  std::vector<Window> own;
  for (int64_t i = parts_.ranks->rank(); i < count; i += parts_.ranks->size()) {
    own.push_back(windows[i]);
  }
  const int64_t targets = data_.targets(windows, count);
  at::Tensor loss;
  if (own.empty()) {
    loss = trainable(parts_.model.module()).begin()->second.sum() * 0;
  } else {
    const models::Batch batch = data_.batch(own.data(), std::ssize(own));
    const double share = static_cast<double>(batch.targets.size(0)) / static_cast<double>(targets);
    loss = loss_of(batch) * share;
  }
  parts_.ranks->backward(loss);
  if (log_) log_->trained(targets);
  return loss.detach();
}

at::Tensor Trainer::take_private_gradient(const std::vector<Window>& windows) {
  std::vector<at::Tensor> losses;
  for (const int64_t member : private_->draw(std::ssize(windows))) {
    losses.push_back(take_gradient(&windows[static_cast<size_t>(member)], 1));
    private_->add_member();
  }
  private_->finish();
  // By chance nobody was drawn; the noise is added all the same.
  if (losses.empty()) return at::zeros({}, weights_.begin()->second.options().dtype(at::kFloat));
  return at::stack(losses).mean();
}

// The one place that waits for the device. Losses are kept in state_.losses until a record is due,
// so that a checkpoint in between changes nothing.
void Trainer::read_losses(const std::vector<Window>& windows) {
  if (!unread_losses_.empty()) {
    const at::Tensor values = at::stack(unread_losses_).to(at::kDouble).cpu();
    if (parts_.ranks != nullptr) parts_.ranks->sum(values);
    const double* const losses = values.const_data_ptr<double>();
    const int64_t count = values.numel();
    unread_losses_.clear();
    for (int64_t i = 0; i < count; ++i) {
      if (!std::isfinite(losses[i])) fail_at(state_.step - count + i, windows, "the loss");
      state_.losses.push_back(losses[i]);
    }
  }
  const bool due = logs_at(config_.train, state_.step) || state_.position >= std::ssize(windows);
  if (!due || state_.losses.empty()) return;
  const double mean = std::accumulate(state_.losses.begin(), state_.losses.end(), 0.0) /
                      static_cast<double>(state_.losses.size());
  state_.losses.clear();
  state_.curve.push_back({state_.step, state_.epoch, mean, {}});
  if (log_) log_->loss(state_, mean, current_learning_rate(windows));
}

// Weights can overflow in the very step whose loss was a number still; nothing is saved of them.
void Trainer::check_weights(const std::vector<Window>& windows) const {
  for (const auto& [name, tensor] : weights_) {
    if (!tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>()) continue;
    fail_at(std::max<int64_t>(0, state_.step - 1), windows, "a weight of " + name);
  }
}

void Trainer::fail_at(int64_t step, const std::vector<Window>& windows,
                      const std::string& what) const {
  const int64_t batch_size = config_.train.batch_size;
  const int64_t steps_done = (state_.position + batch_size - 1) / batch_size;
  const int64_t begin = (steps_done - (state_.step - step)) * batch_size;
  std::vector<std::string> users;
  for (int64_t i = std::max<int64_t>(0, begin);
       i < std::min(begin + batch_size, std::ssize(windows)) && users.size() < 8; ++i) {
    users.push_back(in_quotes(parts_.dataset.user_id(windows[static_cast<size_t>(i)].user)));
  }
  const std::string whose =  // members of a private step are drawn and not kept
      private_
          ? ""
          : cat("; its batch held the users ", join(users, ", "), batch_size > 8 ? ", ..." : "");
  const std::string newest = checkpoints_.newest();
  throw system_error(
      cat(what, " is not a number at step ", step, " (epoch ", state_.epoch + 1, ")", whose,
          "; last good checkpoint: ", newest.empty() ? "none yet" : (parts_.run / newest).string(),
          "; lower train.learning_rate or train.clip_norm, then train into a new --out"));
}

void Trainer::save_good_checkpoint(const std::vector<Window>& windows) {
  read_losses(windows);
  check_weights(windows);
  save_checkpoint();
}

void Trainer::save_checkpoint() {
  models::NamedTensors optimizer = optimizer_state();
  optimizer.merge(random_states());
  if (!is_first()) return;
  checkpoints_.save({state_, weights_, std::move(optimizer)});
  log::debug(cat("checkpoint at step ", state_.step));
}

models::NamedTensors Trainer::optimizer_state() const {
  models::NamedTensors state = optimizer_.state();
  if (average_) state.merge(average_->state());
  return state;
}

models::NamedTensors Trainer::random_states() const {
  const at::Tensor own = generator(parts_.device).get_state();
  if (parts_.ranks == nullptr) return {{kRandom, own}};
  models::NamedTensors states;
  for (const at::Tensor& each : parts_.ranks->gather(own)) {
    states[random_of(std::ssize(states))] = each;
  }
  return states;
}

void Trainer::restore() {
  auto checkpoint = checkpoints_.load_newest();
  if (!checkpoint) return;
  models::NamedTensors random;  // of each rank
  for (const auto& [name, tensor] : checkpoint->optimizer) {
    if (name.starts_with(kRandom)) random[name] = tensor;
  }
  std::erase_if(checkpoint->optimizer,
                [&](const auto& each) { return random.contains(each.first); });
  models::NamedTensors optimizer = optimizer_state();
  const std::string what = (parts_.run / checkpoints_.newest()).string();
  models::copy_tensors(checkpoint->weights, weights_, what);
  models::copy_tensors(checkpoint->optimizer, optimizer, what);
  state_ = checkpoint->state;
  // A rank that was not there draws anew.
  const int64_t rank = parts_.ranks == nullptr ? 0 : parts_.ranks->rank();
  if (const auto state = random.find(random_of(rank)); state != random.end()) {
    at::Generator own = generator(parts_.device);
    own.set_state(state->second);
  } else {
    seed_draws();
  }
  if (!is_first()) return;
  log::info(cat("going on from step ", state_.step, " (epoch ", state_.epoch + 1, ")"));
}

}  // namespace marquee::training
