#include "data/dataset_facts.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <mutex>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/limits.h"
#include "data/time_range.h"

namespace marquee::data {

namespace {

constexpr int64_t kBlock = 1 << 20;

// The least and the greatest of some values.
template <typename T>
struct Extent {
  T low = std::numeric_limits<T>::max();
  T high = std::numeric_limits<T>::lowest();

  void add(T value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void add(const Extent& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
  bool empty() const { return high < low; }
};

struct Extents {
  Extent<float> ratings;
  Extent<int64_t> times;
};

Extents extents_of(InteractionColumns& columns) {
  const auto times = columns.times();
  const auto events = columns.events();
  const auto values = columns.values();
  Extents all;
  std::mutex mutex;  // guards `all`
  parallel_for(std::ssize(times), kBlock, [&](int64_t begin, int64_t end) {
    Extents some;
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      some.times.add(times[i]);
      if (events[i] == Event::kRating) some.ratings.add(values[i]);
    }
    const std::lock_guard lock(mutex);
    all.times.add(some.times);
    all.ratings.add(some.ratings);
  });
  return all;
}

std::string percent(double share) { return fixed(share * 100, 1) + " %"; }

}  // namespace

Json part_facts(Split split, InteractionColumns& columns) {
  const PartFacts facts = describe_parts(columns.times(), columns.parts());
  const auto count = [&](Part part) { return facts.counts[static_cast<size_t>(part)]; };
  if (count(Part::kTest) == 0) {
    log::warn(cat("the split ", name(split), " leaves no test interactions: histories are too ",
                  "short or too few; nothing can be evaluated on this dataset"));
  }
  if (count(Part::kTrain) == 0) log::warn("no interaction is for training");
  if (facts.future_leak > 0) {
    log::warn(
        cat(percent(facts.future_leak), " of training interactions are later than the median ",
            "test interaction: a model may learn from the future; --split temporal does not"));
  }
  return {{"train", count(Part::kTrain)},
          {"valid", count(Part::kValid)},
          {"test", count(Part::kTest)},
          {"given", count(Part::kGiven)},
          {"future_leak", facts.future_leak}};
}

Json interaction_facts(InteractionColumns& columns) {
  const auto [ratings, times] = extents_of(columns);
  const float low = std::min(0.0F, ratings.low);
  return {{"interactions", columns.times().size()},
          {"has_ratings", !ratings.empty()},
          {"min_rating", low},
          {"max_rating", ratings.high > low ? ratings.high : low + 1},
          {"time_min", times.low},
          {"time_max", times.high}};
}

void check_learnable(const EventWeights& weights, InteractionColumns& columns) {
  const auto events = columns.events();
  const auto values = columns.values();
  for (size_t i = 0; i < events.size(); ++i) {
    if (!weights.is_negative(events[i], values[i])) return;
  }
  throw Error(cat("every interaction is negative feedback, and models learn from what was watched ",
                  "or liked; look at the events of the files, and at weights of the mapping"));
}

void warn_of_odd_times(std::span<const int64_t> times) {
  const TimeRange usual = usual_times(times);
  const int64_t tomorrow = std::time(nullptr) + 86'400;
  int64_t later = 0, unusual = 0;
  int64_t first = kMaxTime, last = kMinTime;
  for (const int64_t time : times) {
    later += time > tomorrow;
    if (usual.contains(time)) continue;
    ++unusual;
    first = std::min(first, time);
    last = std::max(last, time);
  }
  if (unusual > 0) {
    log::warn(cat(grouped(unusual), unusual == 1 ? " interaction is" : " interactions are",
                  " far from the others in time (", day(first),
                  first == last ? "" : " to " + day(last), "); check the timestamps"));
  }
  if (later > 0) {
    log::warn(cat(grouped(later), later == 1 ? " interaction is" : " interactions are",
                  " later than the clock of this machine, up to ",
                  day(*std::max_element(times.begin(), times.end())), "; check the timestamps"));
  }
}

int64_t without_interactions(std::span<const uint32_t> interactions, size_t titles) {
  std::vector<bool> seen(titles + 1);
  for (const uint32_t title : interactions) {
    if (title <= titles) seen[title] = true;
  }
  return std::count(seen.begin() + 1, seen.end(), false);
}

}  // namespace marquee::data
