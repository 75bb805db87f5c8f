// Scores a model in training on its validation cases, with the ranking and metric code of serving
// and evaluation.
#pragma once

#include <string>
#include <vector>

#include "configs/config.h"
#include "data/cases.h"
#include "models/recommender.h"
#include "training/validation_score.h"

namespace marquee::training {

class Validator {
 public:
  // Keeps at most train.validation_users cases, a sample that depends on train.seed alone.
  Validator(const data::Dataset& dataset, const configs::Config& config, std::string device);

  bool empty() const { return cases_.empty(); }
  ValidationScore score(models::Recommender& model) const;

 private:
  void add_ranking(models::Recommender& model, ValidationScore& score) const;
  void add_ratings(models::RatingPredictor& model, ValidationScore& score) const;

  std::vector<data::Case> cases_;
  int64_t max_history_;
  std::string device_;
};

// Histories as tensors on `device`: the newest max_history events of each case in [begin, end).
models::Histories to_histories(const std::vector<data::Case>& cases, size_t begin, size_t end,
                               int64_t max_history, const std::string& device);

}  // namespace marquee::training
