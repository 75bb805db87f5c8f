// How good a model is on the validation users, and which of two is better.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"

namespace marquee::training {

// Below 0: not measured.
struct ValidationScore {
  double ndcg = -1;      // NDCG@10, full ranking, mean over users
  double hit_rate = -1;  // HR@10
  double rmse = -1;      // of predicted ratings
  int64_t users = 0;
  bool by_rmse = false;  // what decides which of two is better: RMSE, or NDCG@10

  bool measured() const { return ndcg >= 0 || rmse >= 0; }
  bool better_than(const ValidationScore& other) const {
    return by_rmse ? other.rmse < 0 || rmse < other.rmse : ndcg > other.ndcg;
  }
};

// Keys "valid_ndcg@10", "valid_hr@10", "valid_rmse" and "users", those that were measured, and
// "by_rmse" where that decides.
void add_to(Json& json, const ValidationScore& score);
ValidationScore validation_score(const Json& json);

// "validation NDCG@10 0.2210", "validation RMSE 0.8532", "no validation users".
std::string describe(const ValidationScore& score);

}  // namespace marquee::training
