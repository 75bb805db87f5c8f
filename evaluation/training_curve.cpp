#include "evaluation/training_curve.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"
#include "inference/bundle_files.h"

namespace marquee::evaluation {

namespace {

std::optional<double> number(const Json& point, const char* key) {
  const auto found = point.find(key);
  if (found == point.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

TrainingCurve curve_from(const Json& json) {
  TrainingCurve curve;
  curve.best_step = json.value("best_step", int64_t{0});
  curve.seconds = json.value("seconds", 0.0);
  for (const Json& point : json.at("points")) {
    curve.points.push_back({.step = point.at("step").get<int64_t>(),
                            .loss = number(point, "loss"),
                            .valid_ndcg = number(point, "valid_ndcg@10")});
  }
  return curve;
}

}  // namespace

std::optional<TrainingCurve> read_training_curve(const std::filesystem::path& bundle,
                                                 const Manifest& manifest) {
  if (!manifest.lists(inference::kTrainingFile)) return std::nullopt;
  const std::filesystem::path file = bundle / inference::kTrainingFile;
  try {
    return curve_from(parse_json(read_file(file), file.string()));
  } catch (const Json::exception& error) {
    throw artefact_error(cat(file.string(), ": not a training curve: ", json_reason(error)));
  }
}

}  // namespace marquee::evaluation
