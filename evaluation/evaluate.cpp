#include "evaluation/evaluate.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/openmp_waiting.h"
#include "core/progress.h"
#include "core/text.h"
#include "data/parquet/parquet_output.h"
#include "evaluation/bundle_evaluation.h"
#include "evaluation/examples.h"
#include "evaluation/gate.h"
#include "evaluation/report/metrics_parquet.h"

namespace marquee::evaluation {

namespace {

std::vector<int> checked_cutoffs(const std::vector<int>& wanted) {
  std::set<int> cutoffs(wanted.begin(), wanted.end());
  cutoffs.insert({10, 20});
  for (const int cutoff : cutoffs) {
    if (cutoff < 1 || cutoff > 1'000) {
      throw Error(cat("cutoff ", cutoff, ": must be from 1 to 1000"));
    }
  }
  return {cutoffs.begin(), cutoffs.end()};
}

EvaluationOptions checked(EvaluationOptions options) {
  if (options.bundles.empty()) throw Error("no bundle to evaluate: name one with --bundle");
  if (options.parquet) data::check_parquet_output();
  for (size_t i = 0; i < options.bundles.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (options.bundles[i].lexically_normal() == options.bundles[j].lexically_normal()) {
        throw Error(cat("bundle ", options.bundles[i].string(), " is named twice"));
      }
    }
  }
  if (options.has_gate() && options.bundles.size() != 2) {
    throw Error(cat("--gate compares the first of two bundles with the second, and ",
                    options.bundles.size(),
                    " are named: give the new one, then the one that serves"));
  }
  if (options.has_gate() && !options.onboarding.empty()) {
    throw Error(
        "--gate and --onboarding do not go together: an older bundle may not know all titles");
  }
  options.cutoffs = checked_cutoffs(options.cutoffs);
  if (options.resamples < 100) {
    throw Error(cat("resamples ", options.resamples, ": at least 100 are needed for an interval"));
  }
  return options;
}

DatasetFacts facts_of(const data::Dataset& dataset, const EvaluationOptions& options) {
  return {.name = dataset.name(),
          .sha256 = dataset.manifest().sha256,
          .split = dataset.split(),
          .path = options.dataset.string(),
          .sources = dataset.manifest().sources,
          .users = dataset.users(),
          .titles = dataset.catalogue().size(),
          .interactions = dataset.interactions()};
}

Report opened_report(const data::Dataset& dataset, const TestUsers& test_users,
                     const EvaluationOptions& options) {
  Report report;
  report.dataset = facts_of(dataset, options);
  report.test_users.users = test_users.size();
  report.test_users.targets = static_cast<int64_t>(test_users.targets.size());
  report.test_users.rewatched = test_users.rewatched;
  report.test_users.disliked = test_users.disliked;
  report.watched_next = PopularityGroups(test_users).shares(test_users.targets);
  report.seed = options.seed;
  report.resamples = options.resamples;
  report.command = options.command;
  for (const int64_t test_user : draw_examples(test_users, options.seed)) {
    report.examples.push_back(make_example(dataset, test_users, test_user));
  }
  return report;
}

Candidates read_candidates(const data::Dataset& dataset, const TestUsers& test_users,
                           Report& report, const std::filesystem::path& file) {
  Candidates candidates(file, dataset);
  report.test_users.candidates_file = file.string();
  for (const int64_t user : test_users.users) {
    report.test_users.candidate_users += !candidates.of(user).empty();
  }
  if (report.test_users.candidate_users == 0) {
    throw Error(cat(file.string(), ": none of its ", grouped(candidates.rows()),
                    " rows is for a user with a test title"));
  }
  return candidates;
}

BundleEvaluation evaluate_with_progress(const std::filesystem::path& folder,
                                        const Questions& questions, const BundleOptions& options) {
  std::optional<Progress> progress;
  const auto on_progress = [&](const std::string& bundle, int64_t done) {
    if (!progress) progress.emplace(bundle, questions.test_users.size(), "users");
    progress->update(done);
  };
  BundleEvaluation evaluated = evaluate_bundle(folder, questions, options, on_progress);
  if (progress) progress->finish();
  return evaluated;
}

// Every metric of `bundle` and of those that were trained like it with other seeds.
std::vector<SeedSpread> spreads(const BundleResult& bundle,
                                const std::vector<std::filesystem::path>& repeats,
                                const Questions& questions, const BundleOptions& options) {
  std::vector<SeedSpread> spreads;
  for (const Metric& metric : bundle.metrics) {
    spreads.push_back({metric.protocol, metric.name, {metric.interval.value}});
  }
  for (const auto& folder : repeats) {
    const BundleResult other = evaluate_with_progress(folder, questions, options).result;
    for (SeedSpread& each : spreads) {
      each.values.push_back(other.find(each.protocol, each.name)->value);
    }
  }
  return spreads;
}

// Of what training may have known of the test part, and of what bundles learned from.
void add_warnings(const data::Dataset& dataset, const TestUsers& test_users,
                  const EvaluationOptions& options, Report& report) {
  const bool some = report.some_learned_from_valid();
  report.leakage =
      some
          ? find_leakage(data::Dataset(options.dataset, data::Learning::kTrainAndValid), test_users)
          : find_leakage(dataset, test_users);
  report.warnings = warnings(report.leakage, dataset.split());
  for (const BundleResult& bundle : report.bundles) {
    if (!bundle.from_another_dataset) continue;
    report.warnings.push_back(cat("bundle ", bundle.name,
                                  " was trained on another dataset than this one: if that held "
                                  "test events of this one, its metrics are too high"));
  }
  if (some && !std::ranges::all_of(report.bundles, &BundleResult::learned_from_valid)) {
    report.warnings.push_back(
        "bundles that learned from train and valid (marquee train --refit) are compared with "
        "others that learned from train alone: part of their differences comes from the events and "
        "not from the models");
  }
}

// A model's name is enough where no other bundle has it.
void label_bundles(std::vector<BundleResult>& bundles) {
  for (BundleResult& bundle : bundles) {
    const auto named_so =
        std::count_if(bundles.begin(), bundles.end(),
                      [&](const BundleResult& other) { return other.model == bundle.model; });
    bundle.label = named_so == 1 ? bundle.model : bundle.name;
  }
}

Json facts_of(const Report& report) {
  Json bundles = Json::array();
  for (const BundleResult& bundle : report.bundles) {
    const Interval* ndcg = bundle.find("full_rank", "ndcg@10");
    bundles.push_back({{"name", bundle.name}, {"ndcg@10", ndcg->value}});
  }
  return {{"dataset", report.dataset.name},
          {"users", report.test_users.users},
          {"bundles", std::move(bundles)}};
}

std::vector<Source> sources_of(const Report& report) {
  std::vector<Source> sources = {{"dataset", report.dataset.name, report.dataset.sha256}};
  for (const BundleResult& bundle : report.bundles) {
    sources.push_back({"bundle", bundle.name, bundle.sha256});
  }
  return sources;
}

std::vector<std::string> failed_findings(const std::vector<GateFinding>& findings) {
  std::vector<std::string> failed;
  for (const GateFinding& each : findings) {
    if (each.failed) failed.push_back(each.what);
  }
  return failed;
}

}  // namespace

Report evaluate(const EvaluationOptions& given) {
  const EvaluationOptions options = checked(given);
  const OpenMpWaiting waiting;
  std::optional<configs::GateConfig> gate;
  if (options.has_gate()) gate = configs::read_gate_config(options.gate, options.gate_overrides);
  ArtefactWriter writer(options.out, "report", options.overwrite);
  const data::Dataset dataset(options.dataset);
  const TestUsers test_users = find_test_users(dataset);
  Report report = opened_report(dataset, test_users, options);
  std::optional<Candidates> candidates;
  if (!options.candidates.empty()) {
    candidates.emplace(read_candidates(dataset, test_users, report, options.candidates));
  }

  const TestUsers with_dislikes = find_users_with_dislikes(dataset);
  const Questions questions{.dataset = dataset,
                            .test_users = test_users,
                            .with_dislikes = with_dislikes.users.empty() ? nullptr : &with_dislikes,
                            .candidates = candidates ? &*candidates : nullptr,
                            .diversities = options.diversities,
                            .seed = options.seed};
  const BundleOptions bundle_options{.device = options.device,
                                     .cutoffs = options.cutoffs,
                                     .bootstrap = {options.seed, options.resamples},
                                     .onboarding = options.onboarding,
                                     .example_users = draw_examples(test_users, options.seed),
                                     .of_older_catalogues = options.has_gate()};
  std::vector<BundleEvaluation> evaluated;
  for (size_t i = 0; i < options.bundles.size(); ++i) {
    evaluated.push_back(evaluate_with_progress(options.bundles[i], questions, bundle_options));
    report.bundles.push_back(evaluated.back().result);
    if (!options.repeats.empty()) {
      report.bundles.back().seeds =
          spreads(report.bundles.back(), options.repeats[i], questions, bundle_options);
    }
    for (size_t j = 0; j < report.examples.size(); ++j) {
      report.examples[j].lists.push_back(evaluated.back().examples[j]);
    }
  }
  report.differences = compare(evaluated, questions);
  label_bundles(report.bundles);
  add_warnings(dataset, test_users, options, report);
  if (gate) report.gate = gate_findings(report, *gate);
  if (const auto worse = failed_findings(report.gate); !worse.empty()) {
    report.warnings.push_back("the gate is closed by " + join(worse, ", "));
  }
  for (const std::string& warning : report.warnings) log::warn(warning);

  write_file(writer.folder() / "report.json", to_json(report));
  write_file(writer.folder() / "report.html", to_html(report));
  if (options.parquet) write_metrics_parquet(report, writer.folder() / "metrics.parquet");
  writer.commit(facts_of(report), sources_of(report));
  return report;
}

}  // namespace marquee::evaluation
