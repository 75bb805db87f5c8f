// `marquee audit privacy`: what bundles give away of the people that they were trained on. Who they
// were (membership inference) and what they are like (attribute inference), with limits, so that a
// release can be stopped. Start here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/artefact.h"
#include "evaluation/privacy/attributes.h"
#include "evaluation/privacy/roc.h"
#include "evaluation/report/findings.h"

namespace marquee::evaluation {

inline constexpr double kFalseShare =
    0.01;  // of people held out that an attack may take for members

// The largest values that are allowed; none: no limit.
struct PrivacyLimits {
  std::optional<double> auc, found, attribute_auc;

  bool none() const { return !auc && !found && !attribute_auc; }
};

struct PrivacyOptions {
  std::vector<std::filesystem::path> bundles;
  std::filesystem::path dataset, out;
  bool overwrite = false;
  std::string device = "cpu";
  uint64_t seed = 1;
  int resamples = 1'000;
  PrivacyLimits limits;
  std::string command;  // that makes the report
};

// How an attack of `attacks()` did.
struct AttackResult {
  size_t attack = 0;
  Area area;
  double holm_p = 1;  // among all attacks on all bundles
  Interval found;     // share of members, at kFalseShare
  std::vector<std::pair<double, double>> curve;
};

struct BundlePrivacy {
  std::string name;   // "ease@3f2a91c0"
  std::string knows;  // what attributes were inferred from
  std::vector<AttackResult> attacks;
  std::vector<ProbedAttribute> attributes;
};

struct PrivacyReport {
  std::string dataset, command;
  std::vector<Source> sources;
  int64_t pairs = 0;
  double member_titles = 0, held_out_titles = 0;  // mean length of histories
  uint64_t seed = 1;
  int resamples = 0;
  PrivacyLimits limits;
  std::vector<BundlePrivacy> bundles;
  std::vector<Finding> findings;

  bool exceeded() const { return any_exceeded(findings); }
};

struct Attack {
  const char* id;    // in report.json
  const char* name;  // as shown
  const char* text;
  const char* source;
  // Whether members and others are treated the same. Limits are for such attacks alone.
  bool fair = true;
  std::vector<double> Traces::*scores;
};
const std::vector<Attack>& attacks();

// Writes `out` and returns what is in it. Throws Error if the dataset is not of split `strong`, has
// too few people or is not the one that a bundle was trained on, and if a limit is for attributes
// and there are none.
PrivacyReport audit_privacy(const PrivacyOptions& options);

// Which limits are exceeded.
std::vector<Finding> findings(const PrivacyReport& report);

std::string console_table(const PrivacyReport& report);
std::string to_json(const PrivacyReport& report);
std::string to_html(const PrivacyReport& report);

}  // namespace marquee::evaluation
