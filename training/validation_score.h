// How good a model is on the validation members, and which of two is better.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"

namespace marquee::training {

// Below 0: not measured.
struct ValidationScore {
  double ndcg = -1;      // NDCG@10, full ranking, mean over members
  double hit_rate = -1;  // HR@10
  double rmse = -1;      // of predicted ratings; what counts where it is measured
  int64_t members = 0;

  bool measured() const { return ndcg >= 0 || rmse >= 0; }
  bool better_than(const ValidationScore& other) const {
    return rmse >= 0 ? other.rmse < 0 || rmse < other.rmse : ndcg > other.ndcg;
  }
};

// Keys "valid_ndcg@10", "valid_hr@10", "valid_rmse" and "members", those that were measured.
void add_to(Json& json, const ValidationScore& score);
ValidationScore validation_score(const Json& json);

// "validation NDCG@10 0.2210", "validation RMSE 0.8532", "no validation members".
std::string describe(const ValidationScore& score);

}  // namespace marquee::training
