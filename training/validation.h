// Scores a model in training on its validation cases, with the ranking and metric code of serving
// and evaluation.
#pragma once

#include <string>
#include <vector>

#include "configs/config.h"
#include "data/cases.h"
#include "models/recommender.h"
#include "training/distributed/ranks.h"
#include "training/validation_score.h"

namespace marquee::training {

class Validator {
 public:
  // Keeps at most train.validation_users cases, a sample that depends on train.seed alone; among
  // ranks each one scores a part of them, and all get the score of all.
  Validator(const data::Dataset& dataset, const configs::Config& config, std::string device,
            Ranks* ranks = nullptr);

  bool empty() const { return users_ == 0; }
  ValidationScore score(models::Recommender& model) const;

 private:
  // Over the cases here.
  struct Sums {
    double ndcg = 0, hits = 0;
    double squares = 0, ratings = 0;  // errors of ratings, and how many there are
  };
  void add_ranking(models::Recommender& model, Sums& sums) const;
  void add_ratings(models::RatingPredictor& model, Sums& sums) const;
  Sums of_all(Sums sums) const;

  Ranks* ranks_;
  int64_t users_;                  // cases of all ranks
  std::vector<data::Case> cases_;  // of this one
  int64_t max_history_;
  std::string device_;
};

// Histories as tensors on `device`: the newest max_history events of each case in [begin, end).
models::Histories to_histories(const std::vector<data::Case>& cases, size_t begin, size_t end,
                               int64_t max_history, const std::string& device);

}  // namespace marquee::training
