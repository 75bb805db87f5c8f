// A refit: a model is trained once more, for as many epochs as validation chose in a run, on train
// and validation together. Nothing of the dataset is left to validate with, so the newest weights
// are the result.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "configs/config.h"
#include "core/artefact.h"
#include "data/dataset.h"
#include "training/validation_score.h"

namespace marquee::training {

inline constexpr const char* kRefitFact = "refit";  // of the manifest of a run that is one

struct Refit {
  Manifest of;             // the run whose length is used
  configs::Config config;  // that run's
  int64_t epochs = 0;      // after which it had its best score; or rounds
  ValidationScore best;    // that score

  Json to_json() const;  // the fact
  Source source() const;
};

// What to do to refit a run; checks all of its files. Throws Error if it is not finished, is a
// refit itself, had nothing to validate on, learned privately, or began with weights that it does
// not hold.
Refit plan_refit(const std::filesystem::path& run);

// The fact in words: "on train and valid, 7 epochs as run 3f2a91c0 (validation NDCG@10 0.2210)".
std::string describe_refit(const Json& fact);

bool is_refit(const Manifest& run);

// Throws Error if a run that is to be resumed was begun as another refit, or as one and not now.
void check_same_refit(const Manifest& run, const std::optional<Refit>& refit);

// A dataset as the run learned from it.
data::Dataset open_dataset(const std::filesystem::path& dataset, const Manifest& run);

}  // namespace marquee::training
