#include "data/splits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::data {

namespace {

constexpr std::array<std::string_view, 5> kNames = {"leave-one-out", "temporal", "random", "strong",
                                                    "given"};
constexpr int64_t kUsersABlock = 4096;
constexpr uint64_t kLeaveOneOutLeast = 3;
constexpr uint64_t kStrongLeast = 5;

// The timestamp by which `percent` of the chosen interactions have happened, found digit by digit
// without a copy of the times. At least one must be chosen.
template <typename Chosen>
int64_t time_at(int percent, std::span<const int64_t> times, const Chosen& chosen) {
  static constexpr int kDigitBits = 16;
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  const auto origin = static_cast<uint64_t>(*least);
  const int bits = std::bit_width(static_cast<uint64_t>(*most) - origin);
  uint64_t prefix = 0;
  int64_t rank = -1;  // how many of those with this prefix come before; -1: not known yet
  for (int digit = (bits + kDigitBits - 1) / kDigitBits - 1; digit >= 0; --digit) {
    std::vector<int64_t> counts(size_t{1} << kDigitBits);
    for (size_t i = 0; i < times.size(); ++i) {
      const uint64_t digits = (static_cast<uint64_t>(times[i]) - origin) >> (digit * kDigitBits);
      if (digits >> kDigitBits == prefix && chosen(i)) ++counts[digits & (counts.size() - 1)];
    }
    if (rank < 0) {
      rank = (std::accumulate(counts.begin(), counts.end(), int64_t{0}) * percent + 99) / 100 - 1;
    }
    uint64_t value = 0;
    while (rank >= counts[value]) rank -= counts[value++];
    prefix = prefix << kDigitBits | value;
  }
  return static_cast<int64_t>(prefix + origin);
}

// Runs body(user, its parts) for every user, in parallel.
template <typename Body>
void for_each_user(const SortedInteractions& interactions, std::span<Part> parts,
                   const Body& body) {
  const auto& offsets = interactions.offsets;
  parallel_for(static_cast<int64_t>(offsets.size()) - 1, kUsersABlock,
               [&](int64_t begin, int64_t end) {
                 for (auto u = static_cast<size_t>(begin); u < static_cast<size_t>(end); ++u) {
                   body(u, parts.subspan(offsets[u], offsets[u + 1] - offsets[u]));
                 }
               });
}

void leave_one_out(const SortedInteractions& interactions, std::span<Part> parts) {
  for_each_user(interactions, parts, [](size_t, std::span<Part> history) {
    std::fill(history.begin(), history.end(), Part::kTrain);
    if (history.size() < kLeaveOneOutLeast) return;
    history[history.size() - 1] = Part::kTest;
    history[history.size() - 2] = Part::kValid;
  });
}

void temporal(const SortedInteractions& interactions, std::span<Part> parts) {
  const auto& times = interactions.times;
  if (times.empty()) return;
  const auto everything = [](size_t) { return true; };
  const int64_t train_until = time_at(80, times, everything);
  const int64_t valid_until = time_at(90, times, everything);
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = times[i] <= train_until   ? Part::kTrain
               : times[i] <= valid_until ? Part::kValid
                                         : Part::kTest;
  }
}

void random(uint64_t seed, const SortedInteractions& interactions, std::span<Part> parts) {
  for_each_user(interactions, parts, [seed](size_t user, std::span<Part> history) {
    RandomStream stream(seed, "split.random", user);
    for (Part& part : history) {
      const double draw = stream.uniform();
      part = draw < 0.8 ? Part::kTrain : draw < 0.9 ? Part::kValid : Part::kTest;
    }
  });
}

void strong(uint64_t seed, const SortedInteractions& interactions, std::span<Part> parts) {
  const auto& offsets = interactions.offsets;
  std::vector<uint32_t> eligible;
  for (size_t u = 0; u + 1 < offsets.size(); ++u) {
    if (offsets[u + 1] - offsets[u] >= kStrongLeast) eligible.push_back(static_cast<uint32_t>(u));
  }
  RandomStream(seed, "split.strong").shuffle(eligible);
  // At least one of each, where a user is left to train on.
  const size_t held = eligible.size() < 3 ? 0 : std::max<size_t>(1, eligible.size() / 10);
  std::fill(parts.begin(), parts.end(), Part::kTrain);
  for (size_t i = 0; i < 2 * held; ++i) {
    const size_t user = eligible[i];
    const auto history = parts.subspan(offsets[user], offsets[user + 1] - offsets[user]);
    const auto targets = history.begin() + static_cast<long>(history.size() * 4 / 5);
    std::fill(history.begin(), targets, Part::kGiven);
    std::fill(targets, history.end(), i < held ? Part::kValid : Part::kTest);
  }
}

}  // namespace

std::string_view name(Split split) { return kNames[static_cast<size_t>(split)]; }

Split parse_split(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    throw Error(cat("--split ", in_quotes(name),
                    ": must be leave-one-out, temporal, random, strong or given"));
  }
  return static_cast<Split>(found - kNames.begin());
}

void assign_parts(const SplitOptions& options, const SortedInteractions& interactions,
                  std::span<Part> parts) {
  switch (options.split) {
    case Split::kLeaveOneOut:
      return leave_one_out(interactions, parts);
    case Split::kTemporal:
      return temporal(interactions, parts);
    case Split::kRandom:
      return random(options.seed, interactions, parts);
    case Split::kStrong:
      return strong(options.seed, interactions, parts);
    case Split::kGiven:
      return;
  }
}

PartFacts describe_parts(std::span<const int64_t> times, std::span<const Part> parts) {
  PartFacts facts;
  for (const Part part : parts) ++facts.counts[static_cast<size_t>(part)];
  const int64_t train = facts.counts[static_cast<size_t>(Part::kTrain)];
  if (train == 0 || facts.counts[static_cast<size_t>(Part::kTest)] == 0) return facts;
  const int64_t median = time_at(50, times, [&](size_t i) { return parts[i] == Part::kTest; });
  int64_t later = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    later += parts[i] == Part::kTrain && times[i] > median ? 1 : 0;
  }
  facts.future_leak = static_cast<double>(later) / static_cast<double>(train);
  return facts;
}

}  // namespace marquee::data
