#include "inference/contexts.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "inference/bundle_files.h"

namespace marquee::inference {

namespace {

constexpr float kHalfEvents = 5;       // events in the history with which contexts weigh half
constexpr float kLeastWeight = 0.05F;  // below it they are left out
constexpr float kFirstPlaces = 10;     // that differ little: scores fall by log(this + place)

std::vector<ContextColumn> columns_in(const std::filesystem::path& file) {
  try {
    std::vector<ContextColumn> columns;
    const Json json = Json::parse(read_file(file));
    for (const Json& each : json.at("columns")) {
      columns.push_back(
          {each.at("name").get<std::string>(), each.at("values").get<std::vector<std::string>>()});
    }
    return columns;
  } catch (const Json::exception& e) {
    throw artefact_error(cat(file.string(), ": ", e.what()));
  }
}

}  // namespace

Contexts::Contexts(const Artefact& bundle, int64_t titles)
    : columns_(columns_in(bundle.file(kContextsFile))),
      width_(static_cast<size_t>(titles) + 1),
      file_(bundle.file(kLiftsFile)),
      lifts_(file_.as<float>()) {
  size_t values = 0;
  for (const ContextColumn& each : columns_) values += each.values.size();
  if (file_.text().size() != values * width_ * sizeof(float)) {
    throw artefact_error(cat(bundle.file(kLiftsFile).string(), " has ", file_.text().size(),
                             " bytes; ", values, " contexts of ", titles, " titles take ",
                             values * width_ * sizeof(float)));
  }
  if (!std::ranges::all_of(lifts_, [](float x) { return std::isfinite(x); })) {
    throw artefact_error(
        cat(bundle.file(kLiftsFile).string(), " holds a value that is not finite"));
  }
}

std::vector<uint32_t> Contexts::rows(std::span<const ContextValue> values) const {
  std::vector<uint32_t> rows;
  for (const ContextValue& wanted : values) {
    size_t first = 0;
    auto column = columns_.begin();
    for (; column != columns_.end() && column->name != wanted.column; ++column) {
      first += column->values.size();
    }
    if (column == columns_.end()) {
      std::vector<std::string> names;
      for (const ContextColumn& each : columns_) names.push_back(each.name);
      throw Error(cat("context.", wanted.column, ": this bundle knows ", join(names, ", ")));
    }
    const auto value = std::ranges::lower_bound(column->values, wanted.value);
    if (value == column->values.end() || *value != wanted.value) continue;
    rows.push_back(static_cast<uint32_t>(first + size_t(value - column->values.begin())));
  }
  return rows;
}

float Contexts::lift(std::span<const uint32_t> rows, uint32_t title) const {
  float sum = 0;
  if (title >= width_) return sum;
  for (const uint32_t row : rows) sum += lifts_[row * width_ + title];
  return sum;
}

float context_weight(size_t events) {
  const float weight = kHalfEvents / (kHalfEvents + static_cast<float>(events));
  return weight < kLeastWeight ? 0 : weight;
}

void rank_in_context(std::vector<ScoredTitle>& titles, const Contexts& contexts,
                     std::span<const uint32_t> rows, float weight) {
  if (titles.size() < 2 || rows.empty() || weight == 0) return;
  // Scores of models have no unit: places give them one.
  const float places = std::log((kFirstPlaces + float(titles.size() - 1)) / kFirstPlaces);
  const float range = titles.front().score - titles.back().score;
  const float unit = range > 0 ? range / places : 1;  // where all are equal the context decides
  for (ScoredTitle& each : titles) {
    each.score += unit * weight * contexts.lift(rows, each.title);
  }
  std::ranges::stable_sort(titles, std::greater(), &ScoredTitle::score);
}

}  // namespace marquee::inference
