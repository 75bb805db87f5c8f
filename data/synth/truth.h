// The planted truth, written beside the tables so that a test or a paper can compare it with what a
// model learned: truth.json, truth_titles.csv and truth_users.csv.
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "core/json.h"
#include "data/synth.h"
#include "data/synth/viewing.h"

namespace marquee::data::synth {

// Counts watches as they are written.
class Tally {
 public:
  explicit Tally(const TitlePool& pool) : titles_(pool.titles.size()) {}

  void add(const SynthUser& user, const std::vector<Watch>& watches);
  Json facts() const;  // of the interactions, as measured

 private:
  int64_t users_ = 0;
  int64_t watches_ = 0;
  std::vector<int64_t> titles_;
  std::array<int64_t, kReasons.size()> reasons_{};
  std::array<int64_t, 7> events_{};
  struct Activity {
    int64_t users = 0;
    int64_t watches = 0;
  };
  std::array<Activity, kAgeGroups.size()> age_groups_{};
  std::array<Activity, kPlans.size()> plans_{};
};

// truth.json: the options, the planted constants and the facts.
Json truth(const SynthOptions& options, const Json& facts);

// Latent facts of each title (popularity, quality, franchise, what is lined up, taste) and of each
// user (bias, activity, favourites).
void write_title_truth(const std::filesystem::path& file, const TitlePool& pool,
                       const Shelves& shelves);
void write_user_truth(const std::filesystem::path& file, const TitlePool& pool,
                      const std::vector<SynthUser>& users);

}  // namespace marquee::data::synth
