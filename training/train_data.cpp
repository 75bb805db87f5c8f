#include "training/train_data.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "training/event_rewards.h"
#include "training/group_balance.h"

namespace marquee::training {

namespace {
template <typename T>
at::Tensor on_device(const std::vector<T>& values, const std::string& device) {
  return at::tensor(values).to(at::Device(device));
}

// The share of the title that was watched, where the event has it.
float completed(data::Event event, float value) {
  if (event == data::Event::kComplete) return 1;
  return event == data::Event::kPlay ? value : data::kNoValue;
}

float liked(data::Event event, float value, const data::RatingScale& ratings) {
  return event == data::Event::kRating ? ratings.share(value) : data::kNoValue;
}
// Until when users are known: to the newest event, or, where later ones are held out, to the last
// of their train events.
struct KnownUntil {
  int64_t newest;  // of all train events
  bool for_all;    // users of a split by time
};

// Of the train events of a user.
std::vector<float> rewards_of(const data::History& history, const data::EventWeights& weights,
                              const KnownUntil& known, const configs::EventRewardConfig& config) {
  std::vector<int64_t> times;
  std::vector<float> signals;
  for (size_t i = 0; i < history.titles.size(); ++i) {
    if (history.parts[i] != data::Part::kTrain) continue;
    times.push_back(history.times[i]);
    signals.push_back(std::max(0.F, weights.signal(history.events[i], history.values[i])));
  }
  if (times.empty()) return {};
  const bool to_the_end = known.for_all || times.size() == history.titles.size();
  return event_rewards(times, signals, to_the_end ? known.newest : times.back(), config);
}

// Of all train events, user by user.
std::vector<float> rewards_of(const data::Dataset& dataset,
                              const configs::EventRewardConfig& config) {
  int64_t end = std::numeric_limits<int64_t>::min();
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    for (size_t i = 0; i < history.titles.size(); ++i) {
      if (history.parts[i] == data::Part::kTrain) end = std::max(end, history.times[i]);
    }
  }
  const KnownUntil known{end, dataset.split() == "temporal"};
  std::vector<float> all;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const auto rewards = rewards_of(dataset.history(user), dataset.weights(), known, config);
    all.insert(all.end(), rewards.begin(), rewards.end());
  }
  return all;
}
}  // namespace

TrainData::TrainData(const data::Dataset& dataset, int64_t max_history, const std::string& device,
                     const configs::EventRewardConfig* rewards)
    : max_history_(max_history) {
  std::vector<int64_t> titles, times;
  std::vector<float> signals, completed_shares, liked_shares;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    const auto begin = static_cast<int64_t>(titles.size());
    for (size_t i = 0; i < history.titles.size(); ++i) {
      if (history.parts[i] != data::Part::kTrain) continue;
      titles.push_back(history.titles[i]);
      times.push_back(history.times[i]);
      signals.push_back(dataset.weights().signal(history.events[i], history.values[i]));
      negative_.push_back(signals.back() < 0);
      completed_shares.push_back(completed(history.events[i], history.values[i]));
      liked_shares.push_back(liked(history.events[i], history.values[i], dataset.rating_scale()));
    }
    const auto size = static_cast<int64_t>(titles.size()) - begin;
    if (size > 0) users_.push_back({user, begin, size});
  }
  events_ = static_cast<int64_t>(titles.size());
  if (std::find(negative_.begin(), negative_.end(), 0) == negative_.end()) {
    throw Error("dataset " + dataset.name() + " has no train interactions to learn from");
  }
  titles_ = on_device(titles, device);
  signals_ = on_device(signals, device);
  times_ = on_device(times, device);
  completed_ = on_device(completed_shares, device);
  liked_ = on_device(liked_shares, device);
  if (rewards != nullptr) rewards_ = on_device(rewards_of(dataset, *rewards), device);
}

void TrainData::add_groups(const data::MemberGroups& groups) { groups_ = groups.of; }

void TrainData::balance(const data::MemberGroups& groups, double strength) {
  std::vector<int64_t> targets(groups.of.size());
  for (const auto& user : users_) {
    const auto first = negative_.begin() + user.begin;
    targets[static_cast<size_t>(user.user)] = std::count(first, first + user.size, 0);
  }
  weights_ = balanced_weights(groups, targets, strength);
}

// As often as their members' weights say.
std::vector<Window> TrainData::weighted(const std::vector<Window>& windows,
                                        RandomStream& random) const {
  std::vector<Window> all;
  for (const Window& window : windows) {
    const double weight = weights_[static_cast<size_t>(window.user)];
    const double whole = std::floor(weight);
    const int64_t times = static_cast<int64_t>(whole) + (random.uniform() < weight - whole);
    all.insert(all.end(), static_cast<size_t>(times), window);
  }
  // A batch needs something to learn from even if chance left nothing.
  return all.empty() ? windows : all;
}

std::vector<Window> TrainData::windows(uint64_t seed, int64_t epoch) const {
  RandomStream random(seed, "windows", static_cast<uint64_t>(epoch));
  std::vector<Window> windows;
  for (const auto& user : users_) {
    // Consecutive windows share one event: the last target of one starts the history of the next.
    int64_t cut = user.size;
    if (user.size > max_history_ + 1) {
      cut = 2 + static_cast<int64_t>(random.below(static_cast<uint64_t>(max_history_)));
    }
    const auto add = [&](int64_t begin, int64_t size, bool starts_history) {
      const Window window{begin, size, starts_history, user.user};
      if (!targets_of(window).empty()) windows.push_back(window);
    };
    add(user.begin, cut, true);
    while (cut < user.size) {
      const int64_t first = cut - 1;
      const int64_t size = std::min(max_history_ + 1, user.size - first);
      add(user.begin + first, size, false);
      cut = first + size;
    }
  }
  if (!weights_.empty()) windows = weighted(windows, random);
  random.shuffle(windows);
  RandomStream changes(seed, "augmentation", static_cast<uint64_t>(epoch));
  augment(windows, changes);
  return windows;
}

std::vector<int64_t> TrainData::places_of(const Window& window, bool negative) const {
  std::vector<int64_t> places;
  const auto& [first, last, seed] = window.reordered;
  for (int64_t at = window.starts_history ? 0 : 1; at < window.size; ++at) {
    // Of the events in another order the later ones would be predicted from themselves.
    if (at > first && at < last) continue;
    if ((negative_[static_cast<size_t>(window.begin + at)] != 0) == negative) places.push_back(at);
  }
  return places;
}

std::vector<int64_t> TrainData::disliked_of(const Window& window) const {
  return places_of(window, /*negative=*/true);
}

std::vector<int64_t> TrainData::targets_of(const Window& window) const {
  std::vector<int64_t> places = places_of(window, /*negative=*/false);
  const auto most = static_cast<size_t>(augment_.last_targets);
  if (most > 0 && places.size() > most)
    places.erase(places.begin(), places.end() - augment_.last_targets);
  return places;
}

// A window that would be left without a target stays as it is.
void TrainData::augment(std::vector<Window>& windows, RandomStream& random) const {
  constexpr int64_t kParts = 5;  // of a history, of which one is reordered
  const auto change = [&](Window& window, const Window& changed) {
    if (!targets_of(changed).empty()) window = changed;
  };
  for (Window& window : windows) {
    if (augment_.crop > 0 && random.uniform() < augment_.crop && window.size > 2) {
      const auto skipped =
          static_cast<int64_t>(1 + random.below(static_cast<uint64_t>(window.size - 2)));
      change(window, {window.begin + skipped, window.size - skipped, false, window.user});
    }
    const int64_t history = window.size - 1;
    if (augment_.reorder > 0 && random.uniform() < augment_.reorder && history > 1) {
      const int64_t size = std::max<int64_t>(2, history / kParts);
      const auto first =
          static_cast<int64_t>(random.below(static_cast<uint64_t>(history - size + 1)));
      Window changed = window;
      changed.reordered = {first, first + size, random.next()};
      change(window, changed);
    }
  }
}

at::Tensor TrainData::reordered(const at::Tensor& index, const Window* windows,
                                int64_t count) const {
  if (augment_.reorder == 0) return index;
  std::vector<int64_t> places, events;
  for (int64_t row = 0; row < count; ++row) {
    const auto& [first, last, seed] = windows[row].reordered;
    std::vector<int64_t> order;
    for (int64_t at = first; at < last; ++at) {
      places.push_back(row * index.size(1) + at);
      order.push_back(windows[row].begin + at);
    }
    RandomStream(seed, "order").shuffle(order);
    events.insert(events.end(), order.begin(), order.end());
  }
  const std::string device = index.device().str();
  return index.flatten()
      .index_copy(0, on_device(places, device), on_device(events, device))
      .view(index.sizes());
}

int64_t TrainData::targets(const Window* windows, int64_t count) const {
  int64_t targets = 0;
  for (int64_t row = 0; row < count; ++row) targets += std::ssize(targets_of(windows[row]));
  return targets;
}

models::Batch TrainData::batch(const Window* windows, int64_t count) const {
  std::vector<int64_t> begins, sizes, users, positions, targets, groups;
  int64_t length = 1;  // of the histories: all but a window's last event
  for (int64_t row = 0; row < count; ++row) {
    begins.push_back(windows[row].begin);
    sizes.push_back(windows[row].size);
    users.push_back(windows[row].user + 1);
    length = std::max(length, windows[row].size - 1);
  }
  for (int64_t row = 0; row < count; ++row) {
    for (const int64_t at : targets_of(windows[row])) {
      positions.push_back(row * (length + 1) + at);
      targets.push_back(windows[row].begin + at);
      if (!groups_.empty()) groups.push_back(groups_[static_cast<size_t>(windows[row].user)]);
    }
  }
  const std::string device = titles_.device().str();
  const at::Tensor begin = on_device(begins, device).unsqueeze(1);            // [batch, 1]
  const at::Tensor last = begin + on_device(sizes, device).unsqueeze(1) - 1;  // [batch, 1]
  const at::Tensor index =
      begin + at::arange(length, begin.options()).unsqueeze(0);  // [batch, length]
  const at::Tensor mask = index.lt(last);
  const at::Tensor safe = index.clamp_max(events_ - 1);
  const auto take = [&](const at::Tensor& column, const at::Tensor& rows) {
    return column.index_select(0, rows.flatten()).view(rows.sizes());
  };
  models::Batch batch;
  const at::Tensor source = reordered(safe, windows, count);
  batch.histories.titles = take(titles_, source) * mask;
  batch.histories.signals = take(signals_, source) * mask;
  batch.histories.ages =
      ((take(times_, last) - take(times_, safe)) * mask).to(at::kFloat).clamp_min(0);
  batch.histories.users = on_device(users, device);
  batch.positions = on_device(positions, device);
  const at::Tensor target_index = on_device(targets, device);
  batch.targets = titles_.index_select(0, target_index);
  batch.completed = completed_.index_select(0, target_index);
  batch.liked = liked_.index_select(0, target_index);
  if (rewards_.defined()) batch.rewards = rewards_.index_select(0, target_index);
  if (!groups_.empty()) batch.groups = on_device(groups, device);
  if (takes_dislikes_) add_dislikes(windows, count, batch);
  return batch;
}

void TrainData::add_dislikes(const Window* windows, int64_t count, models::Batch& batch) const {
  const int64_t width = batch.histories.titles.size(1) + 1;
  std::vector<int64_t> positions, events;
  for (int64_t row = 0; row < count; ++row) {
    for (const int64_t at : disliked_of(windows[row])) {
      positions.push_back(row * width + at);
      events.push_back(windows[row].begin + at);
    }
  }
  if (events.empty()) return;
  const std::string device = titles_.device().str();
  batch.disliked = titles_.index_select(0, on_device(events, device));
  batch.disliked_positions = on_device(positions, device);
}

}  // namespace marquee::training
