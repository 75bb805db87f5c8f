// Rounds of ials on a dataset, for bench/ials.py:
//
//   ials DATASET DIM UNOBSERVED_WEIGHT REGULARISATION ROUNDS PAIRS
//
// Writes the training interactions to the file PAIRS, as two uint32 a pair (user, title), then a
// pair of zeros and the validation interactions in the same form. Prints the seconds of each round
// and the validation NDCG@10 after it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/file.h"
#include "data/cases.h"
#include "models/classic/interaction_matrix.h"
#include "models/registry.h"
#include "training/validation.h"

namespace {

using namespace marquee;

void write_pairs(const data::Dataset& dataset, const char* file) {
  std::vector<uint32_t> pairs;
  const models::InteractionMatrix interactions(dataset);
  for (int64_t user = 0; user < interactions.titles_of_user.rows(); ++user) {
    for (const uint32_t title : interactions.titles_of_user[user]) {
      pairs.insert(pairs.end(), {static_cast<uint32_t>(user), title});
    }
  }
  pairs.insert(pairs.end(), {0, 0});
  for (const auto& one : data::cases(dataset, data::Stage::kValid).cases) {
    pairs.insert(pairs.end(), {static_cast<uint32_t>(one.user), one.targets.front()});
  }
  FileWriter writer(file);
  writer.write_values(std::span<const uint32_t>(pairs));
  writer.close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: ials DATASET DIM UNOBSERVED_WEIGHT REGULARISATION ROUNDS PAIRS\n");
    return 2;
  }
  const data::Dataset dataset(argv[1]);
  write_pairs(dataset, argv[6]);
  configs::Config config;
  config.model.name = "ials";
  config.model.dim = std::atoi(argv[2]);
  config.model.prior = 0;  // implicit has none
  config.model.ials.unobserved_weight = std::atof(argv[3]);
  config.model.ials.regularisation = std::atof(argv[4]);
  config.train.epochs = std::atoi(argv[5]);
  config.data.max_history = 10'000;
  const auto model = models::make_model(config, dataset);
  auto& learner = dynamic_cast<models::RoundLearner&>(*model);
  const training::Validator validator(dataset, config, "cpu");
  for (int round = 0; round < config.train.epochs; ++round) {
    const auto start = std::chrono::steady_clock::now();
    learner.fit_round(dataset, round);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf("%.6f %.6f\n", time.count(), validator.score(*model).ndcg);
    std::fflush(stdout);
  }
}
