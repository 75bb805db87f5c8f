// Policies that a log can be asked about: with what probability each would show each action.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "policy/bandit_log.h"

namespace marquee::policy {

// The same for every row at a position, or of every row its own.
class ActionProbabilities {
 public:
  // values: [positions or rows, actions], each row of it summing to 1.
  ActionProbabilities(std::string name, bool by_row, std::vector<double> values)
      : name_(std::move(name)), by_row_(by_row), values_(std::move(values)) {}

  const std::string& name() const { return name_; }
  bool by_row() const { return by_row_; }
  std::span<const double> of(const BanditLog& log, size_t row) const {  // [actions]
    const size_t at = by_row_ ? row : log.position[row];
    return std::span(values_).subspan(at * log.actions.size(), log.actions.size());
  }

 private:
  std::string name_;
  bool by_row_;
  std::vector<double> values_;
};

ActionProbabilities uniform_policy(const BanditLog& log);

// From a CSV: item_id, probability, and position (as in the log, counted from 0) or row (of the
// log, from 0) where they differ between those. What is not listed is 0. Throws Error naming every
// line that is wrong, and where probabilities do not sum to 1 within 1e-6.
ActionProbabilities read_probabilities(const std::filesystem::path& file, const std::string& name,
                                       const BanditLog& log);

// Thompson sampling of Bernoulli rewards with fixed Beta distributions: the share of `draws` in
// which an action comes at a position when all are drawn and ordered (Chapelle & Li 2011). The
// file: YAML with lists `alpha` and `beta`, one value an action of the log in its order, below
// `section` where that is not empty. Throws Error if the file does not fit.
ActionProbabilities thompson_policy(const std::filesystem::path& file, const std::string& section,
                                    const BanditLog& log, int draws, uint64_t seed);

// A policy that `marquee serve` takes, on rows of pages that another one chose: how it would have
// chosen the next row, of what was offered, below the rows that were there. Throws Error for a log
// that does not say what was known and offered.
ActionProbabilities page_policy(const std::filesystem::path& folder, const std::string& name,
                                const BanditLog& log);

// "uniform", "thompson=FILE.yaml[:SECTION]", "NAME=FILE.csv", or "FOLDER" or "NAME=FOLDER" of a
// policy. Throws Error for anything else.
ActionProbabilities named_policy(const std::string& words, const BanditLog& log, uint64_t seed);

}  // namespace marquee::policy
