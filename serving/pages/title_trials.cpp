#include "serving/pages/title_trials.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "serving/policies/bandit.h"

namespace marquee::serving {

namespace {

// The prior: as many showings as this, with the rate of all titles that were tried, which itself
// begins at one in ten.
constexpr double kPriorShown = 10;
constexpr double kFirstRate = 0.1;

ArmPosterior::Belief belief(const Trial& trial, const Trial& all) {
  const double rate = (kPriorShown * kFirstRate + static_cast<double>(all.watched)) /
                      (kPriorShown + static_cast<double>(all.shown));
  const double weight = kPriorShown + static_cast<double>(trial.shown);
  const double mean = (kPriorShown * rate + static_cast<double>(trial.watched)) / weight;
  return {mean, std::sqrt(mean * (1 - mean) / (weight + 1))};
}

}  // namespace

std::vector<Choice> choose_trials(std::span<const Trial> trials, const Trial& all, size_t count,
                                  RandomStream& random) {
  std::vector<ArmPosterior::Belief> beliefs;
  std::vector<size_t> left;
  for (size_t i = 0; i < trials.size(); ++i) {
    beliefs.push_back(belief(trials[i], all));
    left.push_back(i);
  }
  std::vector<Choice> chosen;
  while (chosen.size() < count && !left.empty()) {
    size_t best = 0;
    double highest = -1e300;
    for (size_t i = 0; i < left.size(); ++i) {
      const double drawn = beliefs[i].mean + beliefs[i].deviation * random.normal();
      if (drawn > highest) best = i, highest = drawn;
    }
    const auto at = static_cast<std::ptrdiff_t>(best);
    const ArmPosterior::Belief first = beliefs[best];
    beliefs.erase(beliefs.begin() + at);
    chosen.push_back({left[best], probability_of_best(first, beliefs)});
    left.erase(left.begin() + at);
  }
  return chosen;
}

TitleTrials::TitleTrials(std::filesystem::path file) : file_(std::move(file)) {
  if (!std::filesystem::exists(file_)) return;
  try {
    for (const Json& each : parse_json(read_file(file_), file_.string())) {
      const Trial trial{each.at(1), each.at(2)};
      trials_[each.at(0)] = trial;
      all_.shown += trial.shown;
      all_.watched += trial.watched;
    }
  } catch (const Json::exception&) {
    throw Error(cat(file_.string(),
                    ": is not what a server kept of titles that it tried; remove it, "
                    "and trying begins anew"));
  }
}

void TitleTrials::learn(const std::vector<ShownPage>& pages) {
  const std::lock_guard lock(mutex_);
  for (const ShownPage& page : pages) {
    if (page.day > 0) continue;  // learned from already
    for (const ShownRow& row : page.rows) {
      for (const TriedTitle& each : row.tried) {
        if (page.cut_short && !each.watched) continue;  // it might still have been
        Trial& trial = trials_[each.title];
        ++trial.shown, ++all_.shown;
        trial.watched += each.watched, all_.watched += each.watched;
        ++version_;
      }
    }
  }
}

std::vector<Trial> TitleTrials::of(std::span<const TitleKey> titles) const {
  std::vector<Trial> trials;
  const std::lock_guard lock(mutex_);
  for (const TitleKey title : titles) {
    const auto found = trials_.find(title);
    trials.push_back(found == trials_.end() ? Trial{} : found->second);
  }
  return trials;
}

Trial TitleTrials::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

void TitleTrials::keep() const {
  std::vector<std::pair<TitleKey, Trial>> trials;
  {
    const std::lock_guard lock(mutex_);
    trials.assign(trials_.begin(), trials_.end());
  }
  if (trials.empty()) return;
  std::ranges::sort(trials, {}, &std::pair<TitleKey, Trial>::first);
  Json all = Json::array();
  for (const auto& [title, trial] : trials) {
    all.push_back(Json::array({title, trial.shown, trial.watched}));
  }
  try {
    write_file_atomically(file_, all.dump() + "\n");
  } catch (const std::exception& error) {
    log::error(cat("what was learned of little-known titles could not be kept: ", error.what()));
  }
}

}  // namespace marquee::serving
