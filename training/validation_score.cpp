#include "training/validation_score.h"

#include "core/text.h"

namespace marquee::training {

void add_to(Json& json, const ValidationScore& score) {
  if (!score.measured()) return;
  if (score.ndcg >= 0)
    json.update({{"valid_ndcg@10", score.ndcg}, {"valid_hr@10", score.hit_rate}});
  if (score.rmse >= 0) json["valid_rmse"] = score.rmse;
  if (score.by_rmse) json["by_rmse"] = true;
  json["users"] = score.users;
}

ValidationScore validation_score(const Json& json) {
  return {json.value("valid_ndcg@10", -1.0), json.value("valid_hr@10", -1.0),
          json.value("valid_rmse", -1.0), json.value("users", int64_t{0}),
          json.value("by_rmse", false)};
}

std::string describe(const ValidationScore& score) {
  if (score.by_rmse) return "validation RMSE " + fixed(score.rmse, 4);
  if (score.ndcg >= 0) return "validation NDCG@10 " + fixed(score.ndcg, 4);
  return "no validation users";
}

}  // namespace marquee::training
