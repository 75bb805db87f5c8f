// Titles that hardly anybody has watched get a least share of what pages show, so that it becomes
// known which of them are liked: Thompson sampling (Thompson 1933) of how often a showing is
// watched, with what is shared among titles as the prior.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/random.h"
#include "serving/pages/recent_pages.h"
#include "serving/pages/row_policy.h"

namespace marquee::serving {

// What came of trying a title.
struct Trial {
  int64_t shown = 0, watched = 0;
};

// Which titles to try, at most `count`, one after another without replacement: each time the best
// of a draw from what is believed of those that are left, a normal distribution with the mean and
// variance of the Beta distribution. `all`: the sum over all titles, which gives the prior.
// → with the probability of each, given those before it.
std::vector<Choice> choose_trials(std::span<const Trial> trials, const Trial& all, size_t count,
                                  RandomStream& random);

// What is known of all titles that were tried. Safe to use from several threads.
class TitleTrials {
 public:
  // Goes on with what the file holds, if it is there; throws Error if it cannot be read.
  explicit TitleTrials(std::filesystem::path file);

  // From pages whose time for events is over.
  void learn(const std::vector<ShownPage>& pages);

  std::vector<Trial> of(std::span<const TitleKey> titles) const;  // in their order
  Trial all() const;
  // Changes whenever something is learned.
  uint64_t version() const { return version_; }

  // Writes the file, if anything is known. What fails is logged.
  void keep() const;

 private:
  const std::filesystem::path file_;
  std::atomic<uint64_t> version_ = 1;
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<TitleKey, Trial> trials_;
  Trial all_;
};

}  // namespace marquee::serving
