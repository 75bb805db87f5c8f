// How far `marquee ope` is from the truth: bias, spread and coverage of the 95 % interval of every
// estimator on problems whose truth is known in closed form. Writes a table in Markdown.
//   ope_coverage [REPETITIONS] [ROWS]     default: 500 1000
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "core/random.h"
#include "core/text.h"
#include "policy/ope.h"

namespace {

using namespace marquee;
using policy::Estimator;

constexpr size_t kActions = 4;
constexpr int kResamples = 500;

// What is earned and shown in one context.
struct Context {
  double reward[kActions], logging[kActions], policy[kActions];
};

struct Problem {
  const char* name;
  std::vector<Context> contexts;  // equally likely

  double truth() const {
    double sum = 0;
    for (const Context& each : contexts) {
      for (size_t a = 0; a < kActions; ++a) sum += each.policy[a] * each.reward[a];
    }
    return sum / static_cast<double>(contexts.size());
  }
};

// The reward model has means by action: right where there is one context, wrong where there are
// two.
const Problem kProblems[] = {
    {"one context: the reward model is right",
     {{{.1, .2, .3, .4}, {.4, .3, .2, .1}, {.1, .2, .3, .4}}}},
    {"two contexts: the reward model is wrong",
     {{{.1, .2, .3, .4}, {.4, .3, .2, .1}, {.1, .2, .3, .4}},
      {{.5, .3, .2, .1}, {.1, .2, .3, .4}, {.4, .3, .2, .1}}}},
};

size_t drawn(RandomStream& random, const double* probabilities) {
  double u = random.uniform();
  size_t action = 0;
  while (action + 1 < kActions && u >= probabilities[action]) u -= probabilities[action++];
  return action;
}

policy::OpeReport estimated(const Problem& problem, int rows, uint64_t seed) {
  RandomStream random(seed, "ope_coverage");
  policy::BanditLog log;
  for (size_t a = 0; a < kActions; ++a) log.actions.push_back(cat(a));
  std::vector<double> probabilities;
  for (int i = 0; i < rows; ++i) {
    const Context& context = problem.contexts[random.below(problem.contexts.size())];
    const size_t action = drawn(random, context.logging);
    log.action.push_back(static_cast<uint32_t>(action));
    log.position.push_back(0);
    log.propensity.push_back(context.logging[action]);
    log.reward.push_back(random.uniform() < context.reward[action] ? 1 : 0);
    probabilities.insert(probabilities.end(), context.policy, context.policy + kActions);
  }
  policy::OpeOptions options;
  options.seed = seed;
  options.resamples = kResamples;
  return estimate(log, {policy::ActionProbabilities("policy", true, std::move(probabilities))},
                  options);
}

struct Tally {
  double sum = 0, squares = 0;
  int covered = 0;
};

void measure(const Problem& problem, int repetitions, int rows) {
  const double truth = problem.truth();
  std::vector<Tally> tallies(policy::estimators().size());
  for (int i = 0; i < repetitions; ++i) {
    const auto report = estimated(problem, rows, static_cast<uint64_t>(i) + 1);
    for (const auto& each : report.policies.front().estimates) {
      Tally& tally = tallies[static_cast<size_t>(each.estimator)];
      const double error = each.value.value - truth;
      tally.sum += error;
      tally.squares += error * error;
      tally.covered += each.value.low <= truth && truth <= each.value.high;
    }
  }
  std::cout << "\n**" << problem.name << "** (truth " << general(truth) << ")\n\n"
            << "| estimator | bias | root mean square error | coverage |\n|---|---|---|---|\n";
  for (const auto& about : policy::estimators()) {
    const Tally& tally = tallies[static_cast<size_t>(about.estimator)];
    const double n = repetitions;
    std::cout << "| " << about.name << " | " << fixed(tally.sum / n, 4) << " | "
              << fixed(std::sqrt(tally.squares / n), 4) << " | "
              << fixed(100 * tally.covered / n, 1) << " % |\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 500;
  const int rows = argc > 2 ? std::atoi(argv[2]) : 1'000;
  if (repetitions < 1 || rows < 10) {
    std::cerr << "ope_coverage [REPETITIONS] [ROWS]\n";
    return 2;
  }
  for (const Problem& problem : kProblems) measure(problem, repetitions, rows);
}
