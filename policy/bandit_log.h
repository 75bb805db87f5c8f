// The policy room: what to show, learned and estimated from what was shown. Start here and in
// ope.h. A log says what was shown where, with what probability, and what came of it; policies.h
// are other ways to choose; estimators.h says what those would have earned; diagnostics.h whether
// the log can say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "serving/pages/row_policy.h"

namespace marquee::policy {

// One showing a row: of one action (a title or an item) at one position.
struct BanditLog {
  std::string name;
  std::string sha256;                // of the file it was read from
  std::vector<std::string> actions;  // ids, in the order of their indices
  int positions = 1;

  std::vector<uint32_t> action;    // [rows], below actions.size()
  std::vector<uint32_t> position;  // [rows], below positions
  std::vector<double> reward;      // [rows]
  std::vector<double> propensity;  // [rows], in (0, 1]: of this action at this position
  std::vector<uint32_t> user;      // [rows], or empty where the log does not say whom it was shown
  // Of pages: when each row was shown, in seconds since 1970, and whether nobody knows to whom:
  // each such page is then of a user of its own. Empty where the log does not say.
  std::vector<int64_t> time;    // [rows]
  std::vector<bool> anonymous;  // [rows]
  // Of pages: which page each row is of, counted from 0, its rows together and in order of
  // position. Empty where the log does not say.
  std::vector<uint32_t> slate;  // [rows]
  // Of rows of pages that a policy chose: what it knew of the user, and which kinds of rows it
  // chose among, bit serving::RowKind each. Empty where the log does not say.
  std::vector<serving::UserFeatures> features;  // [rows]
  std::vector<uint32_t> offered;                // [rows]
  std::vector<uint32_t> kinds;                  // [actions]: the kind of row that each is
  // Actions that earn about the same, for marginalised IPS: [actions], below actions.size(); empty:
  // each alone.
  std::vector<uint32_t> cluster;

  // Whether the action could have been chosen; true where the log does not say.
  bool offers(size_t row, size_t which) const {
    return offered.empty() || (offered[row] >> kinds[which] & 1U) != 0;
  }

  size_t rows() const { return action.size(); }
};

// Reads a CSV in the form of the Open Bandit Dataset (Saito et al. 2021): columns item_id,
// position, click (or reward), propensity_score (or propensity), and user_id where members are
// known; others are ignored. Positions and items are counted from the smallest and in order of
// their ids, as numbers where all are. Throws Error naming every bad line: a propensity that is
// missing, not above 0 or above 1, a reward that is no finite number. Of a dataset that was made
// from a server's log (marquee ingest --feedback) it reads shown.csv: rows of pages.
BanditLog read_bandit_log(const std::filesystem::path& file);

}  // namespace marquee::policy
