// How often `marquee experiment` finds a difference where there is none: two arms that are the
// same, looked at once and every day. Writes a table in Markdown.
//   experiment_aa [RUNS]     default: 10000
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "policy/experiment/statistics.h"

namespace {

using namespace marquee;
using namespace marquee::policy;

constexpr double kAlpha = 0.05, kTunedMembers = 5'000, kMixture = 0.02;
constexpr int kDays = 28, kMembersADay = 100;  // of each arm

struct Found {
  bool once = false, peeked = false, any = false, mixture = false, adjusted_once = false;
};

// A skewed metric that is known in part from before.
void add_member(RandomStream& random, ArmSums& sums) {
  const double taste = random.exponential();
  sums.add(taste + random.exponential(), taste + random.exponential());
}

Found run(uint64_t index) {
  RandomStream random(1, "experiment_aa", index);
  ArmSums a, b;
  Found found;
  Difference difference;
  for (int day = 0; day < kDays; ++day) {
    for (int i = 0; i < kMembersADay; ++i) {
      add_member(random, a);
      add_member(random, b);
    }
    difference = absolute_difference(mean_of(a), mean_of(b), kAlpha);
    found.peeked |= difference.p < kAlpha;
    found.any |= always_valid(difference, a.n + b.n, kAlpha, kTunedMembers).p < kAlpha;
    found.mixture |= mixture_test(difference, kAlpha, kMixture * mean_of(a).mean).p < kAlpha;
  }
  found.once = difference.p < kAlpha;
  const Adjusted cuped = adjusted(a, b);
  found.adjusted_once = absolute_difference(cuped.control, cuped.treatment, kAlpha).p < kAlpha;
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t runs = argc > 1 ? std::atoll(argv[1]) : 10'000;
  if (runs < 1) {
    std::cerr << "experiment_aa [RUNS]\n";
    return 2;
  }
  std::vector<Found> all(static_cast<size_t>(runs));
  parallel_for(runs, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      all[static_cast<size_t>(i)] = run(static_cast<uint64_t>(i));
  });
  const auto row = [&](const char* name, bool Found::*what) {
    double n = 0;
    for (const Found& each : all) n += each.*what;
    std::cout << "| " << name << " | " << fixed(100 * n / static_cast<double>(runs), 2) << " % |\n";
  };
  std::cout << "| " << grouped(runs) << " experiments without an effect, level 5 % | found one |\n"
            << "|---|---|\n";
  row("`looks: once`, at the end", &Found::once);
  row("`looks: once`, at the end, with `before:`", &Found::adjusted_once);
  row("`looks: once`, looked at on each of 28 days all the same", &Found::peeked);
  row("`looks: any`, looked at on each of 28 days", &Found::any);
  row("`looks: mixture`, looked at on each of 28 days", &Found::mixture);
}
