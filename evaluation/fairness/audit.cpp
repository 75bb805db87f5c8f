#include "evaluation/fairness/audit.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "evaluation/evaluate.h"
#include "evaluation/report/markup.h"
#include "inference/open_bundle.h"

namespace marquee::evaluation {

namespace {

using Kind = FairnessFinding::Kind;

// Limits of what is not there would hold without saying anything.
template <typename Limits>
void check_names(const Limits& limits, const char* section, const std::vector<std::string>& known) {
  for (const auto& [name, limit] : limits) {
    if (std::ranges::find(known, name) != known.end()) continue;
    throw Error(cat(section, ".", name, ": there is no such thing in this dataset; there are ",
                    join(known, ", ")));
  }
}

void check_members(const FairnessReport& report, std::vector<FairnessFinding>& found) {
  for (const MemberAttribute& attribute : report.quality.attributes) {
    const auto limit = report.limits.members.find(attribute.name);
    if (limit == report.limits.members.end()) continue;
    if (attribute.groups.empty()) {
      found.push_back({Kind::kUnclear, cat(attribute.name,
                                           ": not checked, since it has no two "
                                           "groups of at least ",
                                           kLeastGroup, " members")});
    }
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

void check_providers(const FairnessReport& report, std::vector<FairnessFinding>& found) {
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

}  // namespace

bool FairnessReport::exceeded() const {
  return std::ranges::any_of(findings,
                             [](const auto& each) { return each.kind == Kind::kExceeded; });
}

std::vector<FairnessFinding> findings(const FairnessReport& report) {
  std::vector<FairnessFinding> found;
  check_members(report, found);
  check_providers(report, found);
  std::ranges::stable_sort(found, {}, &FairnessFinding::kind);
  return found;
}

FairnessReport audit_fairness(const FairnessOptions& options) {
  FairnessReport report;
  report.limits = configs::read_fairness_config(options.limits, options.overrides);
  ArtefactWriter writer(options.out, "report", options.overwrite);
  const data::Dataset dataset(options.dataset);
  check_names(report.limits.members, "members", member_attributes(dataset));
  check_names(report.limits.providers, "providers", provider_kinds(dataset.catalogue()));
  const TestUsers test_users = find_test_users(dataset);
  const auto bundle = inference::open_bundle(options.bundle, options.device);
  const Questions questions{.dataset = dataset, .test_users = test_users, .seed = options.seed};
  const TitleMap titles(*bundle, dataset.catalogue());
  const Answers answers = answer(*bundle, titles, questions, [](int64_t) {});
  report.bundle = bundle->name();
  report.dataset = dataset.name();
  report.command = options.command;
  report.seed = options.seed;
  report.resamples = options.resamples;
  report.members = test_users.size();
  report.sources = {{"dataset", dataset.name(), dataset.manifest().sha256},
                    {"bundle", bundle->name(), bundle->manifest().sha256}};
  const BootstrapOptions bootstrap{options.seed, options.resamples};
  report.quality = member_fairness(questions, answers, bootstrap);
  report.providers = provider_fairness(questions, answers, bootstrap);
  report.findings = findings(report);
  write_file(writer.folder() / "report.json", to_json(report) + "\n");
  write_file(writer.folder() / "report.html", to_html(report));
  writer.commit(
      {{"what", "fairness"}, {"members", report.members}, {"exceeded", report.exceeded()}},
      report.sources);
  return report;
}

}  // namespace marquee::evaluation
