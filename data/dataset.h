// The data room: raw files become a dataset, a folder of columns that is mapped and not loaded.
// ingest.h makes one from CSV, JSON lines or a MovieLens folder, splits.h says which interactions
// are for training and which for evaluation, synth.h makes synthetic data, and this header reads a
// dataset. Start here.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/artefact.h"
#include "data/columns.h"
#include "data/events.h"

namespace marquee::data {

// The features of a title that are lists of names. Order fixed: files and models rely on it.
enum class Feature : uint8_t { kGenre, kActor, kDirector, kStudio, kLanguage };
inline constexpr int kFeatures = 5;
inline constexpr std::array<const char*, kFeatures> kFeatureNames = {"genre", "actor", "director",
                                                                     "studio", "language"};

// The part of the split that an interaction is in. `given` is the history that a model gets of a
// held-out user at evaluation (split `strong`): never trained on, always history.
enum class Part : uint8_t { kTrain, kValid, kTest, kGiven };

// The position of an interaction's title on the page, where it is unknown.
inline constexpr uint32_t kNoPosition = UINT32_MAX;

// Titles are 1..size(): index 0 is padding, with an empty id and no features. Names of features are
// 1..vocabulary size within their feature, 0 meaning none.
class Catalogue {
 public:
  Catalogue() = default;
  explicit Catalogue(const Artefact& dataset);

  int64_t size() const { return ids_.rows() - 1; }
  std::string_view id(int64_t title) const { return ids_[title]; }
  std::string_view name(int64_t title) const { return names_[title]; }
  // The index of the title with this id, or 0. Builds its table at the first call; not thread-safe
  // until then.
  int64_t find(std::string_view id) const;

  std::span<const uint32_t> features(Feature feature, int64_t title) const {
    return lists_[static_cast<size_t>(feature)][title];
  }
  std::string_view feature_name(Feature feature, int64_t value) const {
    return vocabularies_[static_cast<size_t>(feature)][value];
  }
  int64_t vocabulary_size(Feature feature) const {
    return vocabularies_[static_cast<size_t>(feature)].rows() - 1;
  }

  int year(int64_t title) const { return years_[static_cast<size_t>(title)]; }  // 0: unknown
  int runtime_minutes(int64_t title) const { return runtimes_[static_cast<size_t>(title)]; }
  std::string_view maturity(int64_t title) const { return maturities_[title]; }  // "": unrated
  // Unix seconds; the widest range where the titles file says nothing.
  int64_t available_from(int64_t title) const { return from_[static_cast<size_t>(title)]; }
  int64_t available_until(int64_t title) const { return until_[static_cast<size_t>(title)]; }
  std::string_view regions(int64_t title) const { return regions_[title]; }  // "DE|FR"; "": all
  // Where it was made, "GB|FR"; "": unknown.
  std::string_view countries(int64_t title) const { return countries_[title]; }

 private:
  void check(const std::filesystem::path& dataset) const;

  StringColumn ids_, names_, maturities_, regions_, countries_;
  std::array<ListColumn, kFeatures> lists_;
  std::array<StringColumn, kFeatures> vocabularies_;
  MappedFile years_file_, runtimes_file_, from_file_, until_file_;
  std::span<const uint16_t> years_, runtimes_;
  std::span<const int64_t> from_, until_;
  mutable std::unordered_map<std::string_view, int64_t> index_;
};

// One user's interactions in order of time, ties in file order.
struct History {
  std::span<const uint32_t> titles;
  std::span<const int64_t> times;
  std::span<const Event> events;
  std::span<const float> values;
  std::span<const Part> parts;
  // Of a second after the time, in 1/65536; empty where the dataset has no such column.
  std::span<const uint16_t> fractions;
  // How it was shown; empty where the dataset has no such column.
  std::span<const float> propensities;  // NaN: unknown
  std::span<const uint32_t> positions;  // kNoPosition: unknown

  int64_t size() const { return static_cast<int64_t>(titles.size()); }
};

// What of a dataset is train: its train part, or validation as well, with what split `strong` gave
// of the users that it held out for validation. Test is the same in both.
enum class Learning : uint8_t { kTrain, kTrainAndValid };

class Dataset {
 public:
  // Verifies the folder before it reads a byte; throws Error (kind artefact) if it is damaged.
  explicit Dataset(const std::filesystem::path& folder, Learning learning = Learning::kTrain);

  const Manifest& manifest() const { return artefact_.manifest(); }
  const std::string& name() const { return name_; }    // of the folder or source it was made from
  const std::string& split() const { return split_; }  // "leave-one-out", ...
  const RatingScale& rating_scale() const { return weights_.ratings; }
  const EventWeights& weights() const { return weights_; }
  Learning learning() const { return learning_; }

  const Catalogue& catalogue() const { return catalogue_; }
  int64_t users() const { return user_ids_.rows(); }
  std::string_view user_id(int64_t user) const { return user_ids_[user]; }
  std::optional<int64_t> find_user(std::string_view id) const;  // linear; for single look-ups
  // The columns of the users file besides the id: only used to measure fairness.
  const std::vector<std::string>& attribute_names() const { return attribute_names_; }
  std::string_view attribute(size_t attribute, int64_t user) const {  // "": unknown
    return attributes_[attribute][user];
  }
  int64_t interactions() const { return static_cast<int64_t>(titles_.size()); }
  History history(int64_t user) const;  // users are 0..users()-1

  bool has_fractions() const { return !fractions_.empty(); }
  bool has_propensities() const { return !propensities_.empty(); }

  // Whether event i of a history of this dataset is for training, and no negative feedback.
  bool is_liked_in_train(const History& history, size_t i) const {
    return history.parts[i] == Part::kTrain &&
           !weights_.is_negative(history.events[i], history.values[i]);
  }

  // The signals of a history of this dataset: [events].
  std::vector<float> signals(const History& history) const;

  // How many train interactions each title has, negative feedback left out: [titles + 1].
  std::vector<int64_t> train_counts() const;

  // How many train interactions each user has: [users].
  std::vector<int64_t> train_counts_of_users() const;

 private:
  void check_columns() const;
  void check_histories() const;
  void learn_from_valid();

  Artefact artefact_;
  Learning learning_;
  std::string name_, split_;
  EventWeights weights_;
  Catalogue catalogue_;
  StringColumn user_ids_;
  std::vector<std::string> attribute_names_;
  std::vector<StringColumn> attributes_;
  MappedFile offsets_file_, titles_file_, times_file_, events_file_, values_file_, parts_file_,
      fractions_file_, propensities_file_, positions_file_;
  std::span<const uint64_t> offsets_;
  std::span<const uint32_t> titles_;
  std::span<const int64_t> times_;
  std::span<const Event> events_;
  std::span<const float> values_;
  std::span<const Part> parts_;
  std::span<const uint16_t> fractions_;
  std::vector<Part> changed_parts_;  // what parts_ shows, if not the file
  std::span<const float> propensities_;
  std::span<const uint32_t> positions_;
};

}  // namespace marquee::data
