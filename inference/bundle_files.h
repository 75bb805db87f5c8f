// The files of a bundle (docs/bundles.md). Only model.pt, titles.csv and golden.json are in every
// bundle.
#pragma once

namespace marquee::inference {

inline constexpr const char* kBundleKind = "bundle";  // of its manifest

// The fact of a bundle that learned from validation as well, and its value; others do not have it.
inline constexpr const char* kLearnedFromFact = "learned_from";
inline constexpr const char* kTrainAndValid = "train and valid";

// The fact of a bundle that knows users by id: the number of the last one in the module.
inline constexpr const char* kUsersFact = "users";

inline constexpr const char* kModelFile = "model.pt";          // scripted_model.h
inline constexpr const char* kTitlesFile = "titles.csv";       // title_table.h
inline constexpr const char* kVectorsFile = "titles.bin";      // bundle.h
inline constexpr const char* kFeaturesFile = "content.json";   // feature_ids.h
inline constexpr const char* kUsersFile = "users.bin";         // user_ids.h
inline constexpr const char* kContextsFile = "contexts.json";  // contexts.h
inline constexpr const char* kLiftsFile = "contexts.bin";      // the same
inline constexpr const char* kGoldenFile = "golden.json";      // golden.h
inline constexpr const char* kConfigFile = "config.yaml";      // for people, and for training again
inline constexpr const char* kModelCardFile = "model_card.md";  // for people
inline constexpr const char* kTrainingFile = "training.json";   // evaluation/training_curve.h

}  // namespace marquee::inference
