// Limits of `marquee audit fairness`: how far groups of members and providers of titles may be
// apart. The meaning of each key is in fairness_config.cpp alone; docs/configuration.md takes it
// from there.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

struct MemberLimit {
  double gap = 0.1;
  // Of rating models, in stars.
  double value = 1'000, absolute = 1'000, underestimation = 1'000, overestimation = 1'000,
         non_parity = 1'000;

  bool of_ratings() const {
    return std::min({value, absolute, underestimation, overestimation, non_parity}) < 1'000;
  }
};

struct ProviderLimit {
  double least = 0, most = 1'000;
};

// European works (Directive 2010/13/EU, Article 13(1)); shares, 0: no limit.
struct EuropeanLimit {
  double least_of_catalogue = 0, least_of_exposure = 0, least_of_lists = 0;
  int titles_in_list = 3;
  // The European Union; then the European Economic Area; then other parties to the European
  // Convention on Transfrontier Television (ETS 132).
  std::string countries =  // joined by commas
      "AT, BE, BG, CY, CZ, DE, DK, EE, ES, FI, FR, GR, HR, HU, IE, IT, LT, LU, LV, MT, "
      "NL, PL, PT, RO, SE, SI, SK, IS, LI, NO, AL, BA, CH, GB, MD, ME, MK, RS, SM, TR, UA, VA";

  bool any() const { return std::max({least_of_catalogue, least_of_exposure, least_of_lists}) > 0; }
};

struct FairnessConfig {
  std::map<std::string, MemberLimit> members;      // by attribute
  std::map<std::string, ProviderLimit> providers;  // by kind
  EuropeanLimit european;
};

void visit(FairnessConfig& config, FieldVisitor& visitor);

// Rules that concern several keys.
void check_rules(
    const FairnessConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h); without a file there are no limits.
FairnessConfig read_fairness_config(const std::filesystem::path& file,
                                    const std::vector<std::string>& overrides);

}  // namespace marquee::configs
