// Which limits of an audit of fairness are exceeded.
#include <algorithm>

#include "core/text.h"
#include "evaluation/fairness/audit.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

namespace {

using Kind = Finding::Kind;

Finding not_checked(const std::string& attribute, const char* of) {
  return {Kind::kUnclear,
          cat(attribute, of, ": not checked, since it has no two groups of at least ", kLeastGroup,
              " members")};
}

void check_members(const FairnessReport& report, std::vector<Finding>& found) {
  for (const MemberAttribute& attribute : report.quality.attributes) {
    const auto limit = report.limits.members.find(attribute.name);
    if (limit == report.limits.members.end()) continue;
    if (attribute.groups.empty()) found.push_back(not_checked(attribute.name, ""));
    for (const MemberGroup& group : attribute.groups) {
      const double least = -limit->second.gap;
      if (group.gap.value >= least) continue;
      found.push_back({group.gap.high < least ? Kind::kExceeded : Kind::kUnclear,
                       cat(attribute.name, " ", in_quotes(group.name), ": NDCG@10 is ",
                           signed_percent(group.gap.value), " (", signed_percent(group.gap.low),
                           " to ", signed_percent(group.gap.high), ") of all others'; ",
                           signed_percent(least), " is allowed")});
    }
  }
}

void check_providers(const FairnessReport& report, std::vector<Finding>& found) {
  for (const ProviderKind& kind : report.providers) {
    const auto limit = report.limits.providers.find(kind.name);
    if (limit == report.limits.providers.end()) continue;
    for (const Provider& each : kind.providers) {
      const auto& [least, most] = limit->second;
      if (each.watched == 0 && each.shown.value > 0) {
        found.push_back(
            {each.shown.low > 0 ? Kind::kExceeded : Kind::kUnclear,
             cat(kind.name, " ", in_quotes(each.name), ": shown (",
                 fixed(100 * each.shown.value, 1), " % of the exposure) and never watched; ",
                 general(most, 3), " times as much as it is watched is allowed")});
      }
      if (each.watched == 0 || (each.ratio.value >= least && each.ratio.value <= most)) continue;
      const bool sure = each.ratio.high < least || each.ratio.low > most;
      found.push_back({sure ? Kind::kExceeded : Kind::kUnclear,
                       cat(kind.name, " ", in_quotes(each.name), ": shown ",
                           fixed(each.ratio.value, 2), " times (", fixed(each.ratio.low, 2), " to ",
                           fixed(each.ratio.high, 2), ") as much as it is watched; ",
                           general(least, 3), " to ", general(most, 3), " is allowed")});
    }
  }
}

std::string stars(double value) { return fixed(value, 3); }

void check_ratings(const FairnessReport& report, std::vector<Finding>& found) {
  for (const RatingAttribute& attribute : report.ratings) {
    const auto limit = report.limits.members.find(attribute.name);
    if (limit == report.limits.members.end()) continue;
    const configs::MemberLimit& l = limit->second;
    if (l.of_ratings() && attribute.groups.empty()) {
      found.push_back(not_checked(attribute.name, " of ratings"));
    }
    const RatingGapValues most = {l.value, l.absolute, l.underestimation, l.overestimation,
                                  l.non_parity};
    for (const RatingGroup& group : attribute.groups) {
      for (size_t m = 0; m < most.size(); ++m) {
        const RatingGap& gap = group.gaps[m];
        if (!(gap.value.value > most[m])) continue;
        const bool sure = gap.value.low - gap.by_chance > most[m];
        found.push_back(
            {sure ? Kind::kExceeded : Kind::kUnclear,
             cat(attribute.name, " ", in_quotes(group.name), ": ", kRatingGaps[m],
                 " of ratings is ", stars(gap.value.value), " stars (", stars(gap.value.low),
                 " to ", stars(gap.value.high), "; ", stars(gap.by_chance), " by chance); ",
                 general(most[m], 3), " is allowed")});
      }
    }
  }
}

void check_least(const char* what, const Interval& share, double least,
                 std::vector<Finding>& found) {
  if (share.value >= least) return;
  found.push_back({share.high < least ? Kind::kExceeded : Kind::kUnclear,
                   cat("European works: ", percent(share.value), " of ", what,
                       share.low < share.high ? cat(" (", percent_range(share), ")") : "",
                       "; at least ", percent(least), " is required")});
}

void check_european(const FairnessReport& report, std::vector<Finding>& found) {
  if (!report.european) return;
  const configs::EuropeanLimit& limit = report.limits.european;
  const EuropeanWorks& works = *report.european;
  check_least("the catalogue", {works.catalogue, works.catalogue, works.catalogue},
              limit.least_of_catalogue, found);
  check_least("what is shown", works.shown, limit.least_of_exposure, found);
  check_least(cat("lists have ", limit.titles_in_list, " or more").c_str(), works.lists,
              limit.least_of_lists, found);
}

}  // namespace

std::vector<Finding> findings(const FairnessReport& report) {
  std::vector<Finding> found;
  check_members(report, found);
  check_ratings(report, found);
  check_providers(report, found);
  check_european(report, found);
  std::ranges::stable_sort(found, {}, &Finding::kind);
  return found;
}

}  // namespace marquee::evaluation
