// Judges a model in training on its validation cases, with the ranking and metric code of serving
// and evaluation.
#pragma once

#include <string>
#include <vector>

#include "configs/config.h"
#include "data/cases.h"
#include "models/recommender.h"

namespace marquee::training {

struct ValidationScore {
  double ndcg = 0;      // NDCG@10, full ranking, mean over members
  double hit_rate = 0;  // HR@10
  int64_t members = 0;
};

class Validator {
 public:
  // Keeps at most train.validation_users cases, a sample that depends on train.seed alone.
  Validator(const data::Dataset& dataset, const configs::Config& config, std::string device);

  bool empty() const { return cases_.empty(); }
  ValidationScore score(models::Recommender& model) const;

 private:
  std::vector<float> encode(models::Recommender& model, const at::Tensor& vectors) const;

  std::vector<data::Case> cases_;
  int64_t max_history_;
  std::string device_;
};

// Histories as tensors on `device`: the newest max_history events of each case in [begin, end).
models::Histories to_histories(const std::vector<data::Case>& cases, size_t begin, size_t end,
                               int64_t max_history, const std::string& device);

}  // namespace marquee::training
