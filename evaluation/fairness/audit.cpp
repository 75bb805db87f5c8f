#include "evaluation/fairness/audit.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "evaluation/evaluate.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/fairness/provider_groups.h"
#include "inference/open_bundle.h"

namespace marquee::evaluation {

namespace {

// Limits of what is not there would hold without saying anything.
template <typename Limits>
void check_names(const Limits& limits, const char* section, const std::vector<std::string>& known) {
  for (const auto& [name, limit] : limits) {
    if (std::ranges::find(known, name) != known.end()) continue;
    throw Error(cat(section, ".", name, ": there is no such thing in this dataset; there are ",
                    join(known, ", ")));
  }
}

void check_limits(const configs::FairnessConfig& limits, const data::Dataset& dataset) {
  check_names(limits.members, "members", member_attributes(dataset));
  check_names(limits.providers, "providers", provider_kinds(dataset.catalogue()));
  check_countries(dataset.catalogue(), limits.european);
}

// A limit of ratings that nobody predicts would hold without saying anything.
void check_rating_limits(const FairnessReport& report) {
  if (!report.ratings.empty()) return;
  for (const auto& [name, limit] : report.limits.members) {
    if (!limit.of_ratings()) continue;
    throw Error(
        cat("members.", name, ": a limit of ratings, but ", report.bundle,
            " predicts none that test members gave; remove it, or audit a model of ratings"));
  }
}

}  // namespace

FairnessReport audit_fairness(const FairnessOptions& options) {
  FairnessReport report;
  report.limits = configs::read_fairness_config(options.limits, options.overrides);
  ArtefactWriter writer(options.out, "report", options.overwrite);
  const data::Dataset dataset(options.dataset);
  check_limits(report.limits, dataset);
  const TestUsers test_users = find_test_users(dataset);
  const auto bundle = inference::open_bundle(options.bundle, options.device);
  Questions questions{.dataset = dataset, .test_users = test_users, .seed = options.seed};
  if (options.diversity.active()) questions.diversities = {options.diversity};
  const TitleMap titles(*bundle, dataset.catalogue());
  Answers answers = answer(*bundle, titles, questions, [](int64_t) {});
  if (!answers.diversified.empty()) {
    answers.lists = std::move(answers.diversified.front().lists);
    answers.full_ranks = std::move(answers.diversified.front().full_ranks);
  }
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
  report.ratings = rating_fairness(questions, answers, bootstrap);
  check_rating_limits(report);
  report.providers = provider_fairness(questions, answers, bootstrap);
  report.european = european_works(questions, answers, report.limits.european, bootstrap);
  report.amplification = amplification(questions, answers, bootstrap);
  report.findings = findings(report);
  write_file(writer.folder() / "report.json", to_json(report) + "\n");
  write_file(writer.folder() / "report.html", to_html(report));
  writer.commit(
      {{"what", "fairness"}, {"members", report.members}, {"exceeded", report.exceeded()}},
      report.sources);
  return report;
}

}  // namespace marquee::evaluation
