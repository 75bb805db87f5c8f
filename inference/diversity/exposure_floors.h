// Floors of exposure that groups of titles, such as those of a studio, get over many lists: where a
// group falls behind, its titles are worth more until it has caught up. No single list has to keep
// a floor, so that they are met by members who care (amortised exposure: Biega et al., SIGIR 2018;
// the rule is drift plus penalty, Neely 2010).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/retrieval/retrieval.h"
#include "inference/title_table.h"

namespace marquee::inference {

// By what titles are grouped: a feature, or where they were made.
enum class ExposureGroups { kNone, kGenre, kDirector, kStudio, kLanguage, kCountry };
const std::vector<std::string>& exposure_group_names();  // "none", "genre", ..., in this order
ExposureGroups exposure_groups(std::string_view name);   // of one of them

// Exposure of the place of a list, from 0: 1 / log2(2 + place).
double exposure_of(size_t place);

struct FloorSettings {
  ExposureGroups of = ExposureGroups::kNone;
  // Least share of all exposure that a group gets, as a share of what its titles have of all train
  // interactions; from 0 to 1. A title's exposure is divided equally among its groups.
  double least = 0;

  bool any() const { return of != ExposureGroups::kNone && least > 0; }
};

class ExposureFloors;

// When each group is to be shown next, in lists.
struct GroupDues {
  double lists = 0;        // shown so far
  std::vector<double> at;  // [groups]
};

// How much more titles are worth at some time: the mean over a title's groups, from 0 to 1, in
// units of what the best candidate of a list is worth more than the last. Valid as long as its
// floors.
class TitleBonuses {
 public:
  float operator()(uint32_t title) const;

 private:
  friend class ExposureFloors;
  const ExposureFloors* floors_ = nullptr;
  std::shared_ptr<const GroupDues> dues_;
};

// Safe to use from several threads.
class ExposureFloors {
 public:
  // A group whose floor is overdue by `patience` lists has a bonus of 1: one that never was shown
  // after so many lists, one that got half of its floor after twice as many.
  ExposureFloors(const TitleTable& titles, const FloorSettings& settings, int patience = 100);

  // As they are now. Lists that are made together take the same ones, so that they do not depend on
  // the number of threads.
  TitleBonuses bonuses() const;

  // Counts what was shown, in order, best title first in each.
  void shown(std::span<const std::vector<ScoredTitle>> lists);

  int64_t groups() const { return static_cast<int64_t>(floors_.size()); }

 private:
  friend class TitleBonuses;
  std::span<const uint32_t> groups_of(uint32_t title) const;
  void count(const std::vector<ScoredTitle>& list, GroupDues& dues) const;

  std::vector<size_t> begins_;     // [titles + 2], into members_
  std::vector<uint32_t> members_;  // groups of title 0, 1, ...
  std::vector<double> floors_;     // [groups] share of all exposure
  const double patience_;
  mutable std::mutex mutex_;               // guards dues_
  std::shared_ptr<const GroupDues> dues_;  // replaced, never changed
};

}  // namespace marquee::inference
