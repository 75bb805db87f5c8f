// `marquee audit fairness`: for which members a bundle's lists are worse, whose titles they show,
// and which limits that exceeds, so that a release can be stopped. Start here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "configs/fairness_config.h"
#include "core/artefact.h"
#include "evaluation/fairness/amplification.h"
#include "evaluation/fairness/european.h"
#include "evaluation/fairness/members.h"
#include "evaluation/fairness/providers.h"
#include "evaluation/fairness/rating_gaps.h"
#include "evaluation/report/findings.h"

namespace marquee::evaluation {

struct FairnessOptions {
  std::filesystem::path bundle, dataset, limits, out;  // limits: "" for none
  std::vector<std::string> overrides;
  inference::Diversity diversity = {};  // of what lists are made
  bool overwrite = false;
  std::string device = "cpu";
  uint64_t seed = 1;
  int resamples = 1'000;
  std::string command;  // that makes the report
};

struct FairnessReport {
  std::string bundle, dataset, command;
  std::vector<Source> sources;
  int64_t members = 0;
  uint64_t seed = 1;
  int resamples = 0;
  configs::FairnessConfig limits;
  MemberFairness quality;
  std::vector<RatingAttribute> ratings;  // empty: the bundle predicts none
  std::vector<ProviderKind> providers;
  std::optional<EuropeanWorks> european;  // where titles have countries
  std::vector<Amplification> amplification;
  std::vector<Finding> findings;

  bool exceeded() const { return any_exceeded(findings); }
};

// Writes `out` and returns what is in it. Throws Error for limits that name an attribute, a kind of
// provider or a country that is not there, for limits of ratings where none are predicted, and as
// evaluate().
FairnessReport audit_fairness(const FairnessOptions& options);

// Which limits are exceeded.
std::vector<Finding> findings(const FairnessReport& report);

std::string console_table(const FairnessReport& report);
std::string to_json(const FairnessReport& report);
std::string to_html(const FairnessReport& report);

}  // namespace marquee::evaluation
