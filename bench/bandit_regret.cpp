// What the bandits of policies lose while they learn, on the textbook's problem: ten arms that pay
// 1 with probability p, one of them a little better. Writes a table in Markdown.
//   bandit_regret [RUNS]     default: 100
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <vector>

#include "core/text.h"
#include "core/threads.h"
#include "serving/policies/bandit.h"

namespace {

using namespace marquee;
using namespace marquee::serving;

constexpr size_t kArms = 10;
constexpr int kRounds = 10'000;

// Features that say nothing: one weight an arm, its mean.
ArmFeatures constant() {
  return arm_features({1, 0, 0, 0, 0}, std::numeric_limits<int>::max() - 1);
}

struct Problem {
  double best, others;
};

double regret(const configs::RowChoiceConfig& config, const Problem& problem, uint64_t run) {
  RandomStream random(1, "bandit_regret", run);
  Bandit bandit(config, kArms);
  std::vector<size_t> all(kArms);
  for (size_t i = 0; i < kArms; ++i) all[i] = i;
  const ArmFeatures features = constant();
  double lost = 0;
  for (int round = 0; round < kRounds; ++round) {
    const size_t arm = bandit.choose(features, all, random).index;
    const double p = arm == 0 ? problem.best : problem.others;
    lost += problem.best - p;
    bandit.learn(arm, features, random.uniform() < p ? 1 : 0);
  }
  return lost;
}

configs::RowChoiceConfig thompson(const char* model, double prior, double noise) {
  configs::RowChoiceConfig config;
  config.algorithm = "thompson";
  config.reward_model = model;
  config.prior = prior;
  config.noise = noise;
  return config;
}

configs::RowChoiceConfig ucb() {
  configs::RowChoiceConfig config;
  config.algorithm = "ucb";
  config.prior = 1e6;  // every arm is tried first
  config.noise = 1;
  return config;
}

void report(const char* name, const configs::RowChoiceConfig& config, const Problem& problem,
            double reference, int runs) {
  std::vector<double> lost(static_cast<size_t>(runs));
  parallel_for(runs, 1, [&](int64_t begin, int64_t) {
    lost[static_cast<size_t>(begin)] = regret(config, problem, static_cast<uint64_t>(begin));
  });
  double sum = 0, squares = 0;
  for (const double each : lost) sum += each, squares += each * each;
  const double mean = sum / runs;
  const double error = std::sqrt((squares / runs - mean * mean) / runs);
  std::cout << "| " << name << " | " << problem.best << ", " << problem.others << " | "
            << fixed(mean, 1) << " ± " << fixed(error, 1) << " | " << fixed(reference, 1) << " | "
            << fixed(mean / reference, 2) << " |\n";
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 100;
  std::cout << "| bandit | probabilities | regret after 10,000 | textbook's | ratio |\n"
               "|---|---|---|---|---|\n";
  const Problem wide{0.5, 0.4}, narrow{0.1, 0.08};
  report("Thompson, logistic", thompson("logistic", 3.3, 1), wide, 169, runs);
  report("Thompson, logistic", thompson("logistic", 3.3, 1), narrow, 128.5, runs);
  report("Thompson, linear", thompson("linear", 1, 0.5), wide, 169, runs);
  report("Thompson, linear", thompson("linear", 1, 0.3), narrow, 128.5, runs);
  report("UCB", ucb(), wide, 595, runs);
}
