// The train interactions on the training device, cut into histories and put into batches there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "data/dataset.h"
#include "data/member_groups.h"
#include "models/recommender.h"

namespace marquee::training {

// Events of a window, first .. last, whose titles are in another order, which `seed` draws.
struct Reordered {
  int64_t first = 0, last = 0;  // as many: none
  uint64_t seed = 0;
};

// Consecutive train events of one user. Each event is a target, predicted from those before it in
// the window, except negative feedback and the first event of a window that does not start the
// user's history.
struct Window {
  int64_t begin = 0;  // index of the first event among all train events
  int64_t size = 0;   // at most max_history + 1
  bool starts_history = false;
  int64_t user = 0;
  Reordered reordered = {};
};

class TrainData {
 public:
  // Throws Error if there is no train interaction to learn from. `rewards`: how to count what
  // events were worth; null: batches have no rewards.
  TrainData(const data::Dataset& dataset, int64_t max_history, const std::string& device,
            const configs::EventRewardConfig* rewards = nullptr);

  int64_t events() const { return events_; }

  // Batches have what was disliked as well.
  void take_dislikes() { takes_dislikes_ = true; }

  // Batches say of each target's member of which group they are.
  void add_groups(const data::MemberGroups& groups);

  // From now on groups count in epochs as balanced_weights says: windows come as often as their
  // member's weight, by chance where that is no whole number.
  void balance(const data::MemberGroups& groups, double strength);

  // From now on windows are cropped and reordered, and have fewer targets.
  void augment(const configs::AugmentConfig& config) { augment_ = config; }

  // The windows of an epoch, shuffled. Longer histories are cut at another place in each epoch, so
  // that events are predicted from short and long histories. Depends on seed and epoch alone.
  std::vector<Window> windows(uint64_t seed, int64_t epoch) const;

  // How many targets the batch of these windows has.
  int64_t targets(const Window* windows, int64_t count) const;

  // Makes a batch of the windows; nothing is read back from the device.
  models::Batch batch(const Window* windows, int64_t count) const;

 private:
  // Places in the window, ascending, at least one; see Window.
  std::vector<int64_t> targets_of(const Window& window) const;
  // The same of negative feedback; perhaps none.
  std::vector<int64_t> disliked_of(const Window& window) const;
  std::vector<int64_t> places_of(const Window& window, bool negative) const;
  void augment(std::vector<Window>& windows, RandomStream& random) const;
  void add_dislikes(const Window* windows, int64_t count, models::Batch& batch) const;
  // Which events `index` [batch, length] names once reordered histories are in their other order.
  at::Tensor reordered(const at::Tensor& index, const Window* windows, int64_t count) const;
  std::vector<Window> weighted(const std::vector<Window>& windows, RandomStream& random) const;

  struct UserRange {
    int64_t user;
    int64_t begin;
    int64_t size;
  };

  int64_t max_history_;
  bool takes_dislikes_ = false;
  configs::AugmentConfig augment_;
  int64_t events_ = 0;
  std::vector<UserRange> users_;
  std::vector<char> negative_;    // [events]: in histories, never a target
  at::Tensor titles_;             // [events] int64
  at::Tensor signals_;            // [events] float
  at::Tensor times_;              // [events] int64
  at::Tensor completed_, liked_;  // [events] float, as in models::Batch
  at::Tensor rewards_;            // [events] float; undefined: not asked for
  std::vector<int64_t> groups_;   // [users of the dataset]; empty: not asked for
  std::vector<double> weights_;   // [users of the dataset]; empty: all come once
};

}  // namespace marquee::training
