// What waiting for rewards costs: arms whose members come back for four weeks, some of which are
// played more than they satisfy. A bandit learns from plays, from sums of days once they are over,
// or day by day (serving/policies/day_traces.h). Writes a table in Markdown.
//   delayed_rewards [RUNS]     default: 200
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <numeric>
#include <vector>

#include "core/text.h"
#include "core/threads.h"
#include "serving/policies/bandit.h"

namespace {

using namespace marquee;
using namespace marquee::serving;

constexpr size_t kArms = 6, kDays = 29;      // the day of the showing, and four weeks
constexpr int kService = 90, kMembers = 60;  // days of service; showings on each
constexpr int kPast = 3'000;                 // showings of arms of the past, that traces are from

enum class Learns { kNothing, kPlays, kWhenOver, kDayByDay, kDayByDayAlone };

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Arm {
  double satisfies, attracts;
  explicit Arm(RandomStream& random)
      : satisfies(0.4 * random.normal()), attracts(random.normal()) {}

  // A play, then whether the member comes on each day.
  std::vector<double> show(RandomStream& random) const {
    const double satisfied = satisfies + random.normal();
    std::vector<double> rewards;
    rewards.push_back(random.uniform() < sigmoid(satisfied + attracts) ? 1 : 0);
    while (rewards.size() < kDays) {
      rewards.push_back(random.uniform() < sigmoid(satisfied - 1) ? 1 : 0);
    }
    return rewards;
  }

  double worth() const {  // a play, and days on which a member comes, expected
    double sum = 0, weights = 0;
    for (double z = -5; z <= 5; z += 0.05) {
      const double days = (kDays - 1) * sigmoid(satisfies + z - 1);
      sum += std::exp(-z * z / 2) * (sigmoid(satisfies + z + attracts) + days);
      weights += std::exp(-z * z / 2);
    }
    return sum / weights;
  }
};

double sum_of(const std::vector<double>& rewards) {
  return std::accumulate(rewards.begin(), rewards.end(), 0.0);
}

ArmFeatures constant() {
  return arm_features({1, 0, 0, 0, 0}, std::numeric_limits<int>::max() - 1);
}

DayTraces traces_of_the_past(RandomStream& random) {
  constexpr int kOfAnArm = 100;
  DayTraces::Matrix covariance(kDays, std::vector<double>(kDays));
  for (int arm = 0; arm < kPast / kOfAnArm; ++arm) {
    const Arm past(random);
    std::vector<std::vector<double>> all;
    std::vector<double> mean(kDays);
    for (int i = 0; i < kOfAnArm; ++i) {
      all.push_back(past.show(random));
      for (size_t day = 0; day < kDays; ++day) mean[day] += all.back()[day] / kOfAnArm;
    }
    for (const auto& trace : all) {
      for (size_t i = 0; i < kDays; ++i) {
        for (size_t j = 0; j < kDays; ++j) {
          covariance[i][j] += (trace[i] - mean[i]) * (trace[j] - mean[j]) / kPast;
        }
      }
    }
  }
  return DayTraces(covariance);
}

configs::RowChoiceConfig thompson(double noise, double prior) {
  configs::RowChoiceConfig config;
  config.noise = noise;
  config.prior = prior;
  return config;
}

// What was lost against always showing the best arm, a showing.
double regret(Learns learns, uint64_t run) {
  RandomStream random(2, "delayed_rewards", run);
  std::vector<Arm> arms;
  for (size_t i = 0; i < kArms; ++i) arms.emplace_back(random);
  double best = 0;
  for (const Arm& arm : arms) best = std::max(best, arm.worth());
  const bool by_day = learns == Learns::kDayByDay || learns == Learns::kDayByDayAlone;
  const DayTraces traces =
      learns == Learns::kDayByDay ? traces_of_the_past(random) : DayTraces(by_day ? kDays : 1);
  const auto config = learns == Learns::kWhenOver ? thompson(6, 36) : thompson(0.5, 0.25);
  Bandit bandit(config, kArms, traces);
  const std::vector<size_t> all{0, 1, 2, 3, 4, 5};
  struct Shown {
    size_t arm;
    std::vector<double> rewards, news;
  };
  std::vector<std::vector<Shown>> shown(kService);
  double lost = 0;
  for (int today = 0; today < kService; ++today) {
    for (int member = 0; member < kMembers; ++member) {
      const size_t arm = learns == Learns::kNothing ? random.below(kArms)
                                                    : bandit.choose(constant(), all, random).index;
      auto rewards = arms[arm].show(random);
      lost += best - arms[arm].worth();
      auto news = by_day ? traces.news(rewards) : std::vector<double>{};
      shown[static_cast<size_t>(today)].push_back({arm, std::move(rewards), std::move(news)});
    }
    for (int day = 0; day < static_cast<int>(kDays) && day <= today; ++day) {
      for (const Shown& each : shown[static_cast<size_t>(today - day)]) {
        const auto at = static_cast<size_t>(day);
        ArmBelief& belief = bandit.arms()[each.arm];
        if (by_day) belief.learn(at, {{constant(), each.news[at]}});
        if (learns == Learns::kPlays && day == 0) belief.learn(0, {{constant(), each.rewards[0]}});
        if (learns == Learns::kWhenOver && at + 1 == kDays) {
          belief.learn(0, {{constant(), sum_of(each.rewards)}});
        }
      }
    }
  }
  return lost / (kService * kMembers);
}

void report(const char* name, Learns learns, int runs) {
  std::vector<double> lost(static_cast<size_t>(runs));
  parallel_for(runs, 1, [&](int64_t begin, int64_t) {
    lost[static_cast<size_t>(begin)] = regret(learns, static_cast<uint64_t>(begin));
  });
  double sum = 0, squares = 0;
  for (const double each : lost) sum += each, squares += each * each;
  const double mean = sum / runs;
  const double error = std::sqrt((squares / runs - mean * mean) / runs);
  std::cout << "| " << name << " | " << fixed(mean, 3) << " ± " << fixed(error, 3) << " |\n";
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 200;
  std::cout << "| learns from | lost a showing |\n|---|---|\n";
  report("nothing", Learns::kNothing, runs);
  report("plays", Learns::kPlays, runs);
  report("the sum of four weeks, when they are over", Learns::kWhenOver, runs);
  report("each day, on its own", Learns::kDayByDayAlone, runs);
  report("each day, and what it says of those to come", Learns::kDayByDay, runs);
}
