// A small dataset of random users and two bundles of random vectors for it.
#pragma once

#include <algorithm>
#include <string>

#include "core/random.h"
#include "core/text.h"
#include "evaluation/evaluate.h"
#include "tests/data/fixtures.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::evaluation {

inline constexpr int kTitles = 150, kUsers = 70, kDim = 4;

struct World {
  TempFolder folder;
  tests::TinyBundle good, other;

  explicit World(const std::string& split = "temporal", const std::string& name = "Title") {
    std::string events = "user_id,title_id,timestamp,event,value\n";
    std::string titles = "title_id,name,genres\n", bundle_titles = "title_id,name,genres\n";
    RandomStream random(11, "world");
    for (int title = 0; title < kTitles; ++title) {
      const auto first = random.below(5), second = random.below(5);
      const std::string genres = title % 10 == 0   ? ""
                                 : second == first ? cat("g", first)
                                                   : cat("g", first, "|g", second);
      const std::string row = cat("t", title, ",\"", name, " ", title, "\",", genres, "\n");
      titles += row;
      bundle_titles += row;
    }
    for (int user = 0; user < kUsers; ++user) {
      for (uint64_t i = 3 + random.below(25); i > 0; --i) {
        const uint64_t title = random.below(1 + random.below(kTitles));
        const bool rated = random.below(2) == 0;
        events += cat("u", user, ",t", title, ",", random.below(100'000), ",",
                      rated ? "rating," : "play,", rated ? cat(1 + random.below(5)) : "", "\n");
      }
    }
    data::IngestOptions options;
    options.interactions = {folder.write("events.csv", events)};
    options.titles = {folder.write("titles.csv", titles)};
    options.out = folder / "dataset";
    options.split.split = data::parse_split(split);
    data::ingest(options);
    good.titles_csv = other.titles_csv = bundle_titles;
    good.dim = other.dim = kDim;
    good.model = "good";
    other.model = "other";
    other.predicts_ratings = false;
    for (auto* bundle : {&good, &other}) {
      bundle->golden_requests = {};
      bundle->vectors.assign(kDim, 0);
      for (int i = 0; i < kTitles * kDim; ++i) {
        bundle->vectors.push_back(static_cast<float>(random.normal()));
      }
      // Titles 1 and 2 score the same for everyone.
      for (int d = 0; d < kDim; ++d) bundle->vectors[2 * kDim + d] = bundle->vectors[kDim + d];
    }
    tests::write_bundle(good, folder / "good");
    tests::write_bundle(other, folder / "other");
  }

  EvaluationOptions options(const std::string& out = "report") const {
    EvaluationOptions options;
    options.bundles = {folder / "good", folder / "other"};
    options.dataset = folder / "dataset";
    options.out = folder / out;
    options.resamples = 200;
    return options;
  }
};

inline double value_of(const Json& bundle, const std::string& protocol, const std::string& metric) {
  return bundle.at("metrics").at(protocol).at(metric).at("value").get<double>();
}

inline Json report_json(const World& world, const std::string& out = "report") {
  return parse_json(read_file(world.folder / out / "report.json"), "report.json");
}

}  // namespace marquee::evaluation
