#include "evaluation/bundle_evaluation.h"

#include <chrono>
#include <optional>

#include "core/text.h"
#include "data/append.h"
#include "data/forget_members.h"
#include "evaluation/examples.h"
#include "evaluation/frontier.h"
#include "evaluation/onboarding.h"
#include "evaluation/significance.h"
#include "evaluation/training_curve.h"
#include "evaluation/user_metrics.h"
#include "inference/open_bundle.h"

namespace marquee::evaluation {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Than this dataset, or what it was before members were forgotten, or before newer events came to
// it, which a split by time keeps apart.
bool made_from_another(const std::vector<Source>& sources, const Manifest& dataset) {
  auto ids = data::ids_of(dataset);
  const auto split = dataset.fact<std::string>("split");
  if (split == "leave-one-out" || split == "temporal") {
    for (std::string& id : data::grown_from(dataset)) ids.push_back(std::move(id));
  }
  bool named = false;
  for (const Source& source : sources) {
    if (source.kind != "dataset") continue;
    if (std::ranges::find(ids, source.sha256) != ids.end()) return false;
    named = true;
  }
  return named;
}

BundleResult describe(const inference::Bundle& bundle, const std::filesystem::path& folder,
                      const data::Dataset& dataset) {
  BundleResult result;
  result.name = bundle.name();
  result.model = bundle.facts().model;
  result.sha256 = bundle.manifest().sha256;
  result.path = folder.string();
  result.parameters = bundle.facts().parameters;
  result.sources = bundle.manifest().sources;
  result.privacy = bundle.manifest().facts.value("privacy", Json());
  result.learned_from_valid = bundle.manifest().facts.contains(inference::kLearnedFromFact);
  result.from_another_dataset = made_from_another(result.sources, dataset.manifest());
  result.curve = read_training_curve(folder, bundle.manifest());
  return result;
}

// As they are put while the bundle serves.
inference::TitleEdits unknown_titles(const inference::Bundle& bundle,
                                     const data::Catalogue& catalogue) {
  inference::TitleEdits edits;
  for (data::TitleRecord& record : data::records_of(catalogue)) {
    if (bundle.titles().find(record.id) == 0) edits.put.push_back(std::move(record));
  }
  return edits;
}

void add_metrics(const std::string& protocol, const std::vector<UserMetric>& metrics,
                 const BootstrapOptions& bootstrap, BundleEvaluation& evaluated) {
  std::vector<Resampled> resampled = resample(metrics, bootstrap);
  for (size_t i = 0; i < metrics.size(); ++i) {
    evaluated.result.metrics.push_back({protocol, metrics[i].name, resampled[i].interval()});
    for (size_t m = 0; m < compared_metrics().size(); ++m) {
      const MetricName& name = compared_metrics()[m];
      if (protocol == name.protocol && metrics[i].name == name.metric) {
        evaluated.compared[m] = resampled[i];
      }
    }
  }
}

// Everything is among the first 100 of 100.
std::vector<int> separate_cutoffs(const BundleOptions& options) {
  std::vector<int> cutoffs = options.cutoffs;
  std::erase_if(cutoffs, [](int k) { return k > kNegatives; });
  return cutoffs;
}

void measure(const Answers& answers, const Questions& questions, const BundleOptions& options,
             BundleEvaluation& evaluated) {
  const TestUsers& test_users = questions.test_users;
  const auto add = [&](const std::string& protocol, const std::vector<UserMetric>& metrics) {
    add_metrics(protocol, metrics, options.bootstrap, evaluated);
  };
  evaluated.compared.resize(compared_metrics().size());
  add("full_rank", ranking_metrics(test_users, answers.full_ranks, options.cutoffs));
  add("sampled_99", separate_metrics(test_users, answers.sampled_ranks, separate_cutoffs(options)));
  if (questions.candidates != nullptr) {
    add("candidates", separate_metrics(test_users, answers.candidate_ranks, options.cutoffs));
  }
  add("rating", rating_metrics(test_users, answers.predicted_ratings));
  const Exposure shown = exposure(test_users, answers);
  evaluated.result.metrics.push_back({"beyond_accuracy", "coverage@10", shown.coverage});
  evaluated.result.metrics.push_back({"beyond_accuracy", "gini@10", shown.gini});
  add("beyond_accuracy", beyond_accuracy_metrics(questions.dataset, test_users, answers));
  evaluated.result.frontier = make_frontier(questions, answers, options.bootstrap);
  evaluated.result.slices =
      make_slices(questions.dataset, test_users, answers.full_ranks, options.bootstrap);
  evaluated.result.recommended = PopularityGroups(test_users).shares(answers.lists);
}

}  // namespace

BundleEvaluation evaluate_bundle(
    const std::filesystem::path& folder, const Questions& questions, const BundleOptions& options,
    const std::function<void(const std::string&, int64_t)>& on_progress) {
  BundleEvaluation evaluated;
  auto start = Clock::now();
  const auto opened = inference::open_bundle(folder, options.device);
  const data::Catalogue& catalogue = questions.dataset.catalogue();
  std::optional<inference::Bundle> grown;
  if (options.of_older_catalogues && opened->encodes_titles()) {
    grown.emplace(*opened, unknown_titles(*opened, catalogue));
  }
  const inference::Bundle& bundle = grown ? *grown : *opened;
  const TitleMap titles(bundle, catalogue,
                        options.of_older_catalogues ? Strangers::kNeverFound : Strangers::kRefused);
  evaluated.result = describe(bundle, folder, questions.dataset);
  evaluated.result.load_seconds = seconds_since(start);

  start = Clock::now();
  const Answers answers =
      answer(bundle, titles, questions, [&](int64_t done) { on_progress(bundle.name(), done); });
  evaluated.result.answer_seconds = seconds_since(start);

  start = Clock::now();
  measure(answers, questions, options, evaluated);
  if (questions.with_dislikes != nullptr) {
    const TestUsers& with_dislikes = *questions.with_dislikes;
    const Answers shown =
        answer(bundle, titles, {.dataset = questions.dataset, .test_users = with_dislikes},
               [](int64_t) {});
    add_metrics("disliked", dislike_metrics(with_dislikes, shown.full_ranks), options.bootstrap,
                evaluated);
  }
  if (!options.onboarding.empty()) {
    evaluated.result.onboarding =
        make_onboarding(bundle, titles, questions, options.onboarding, options.bootstrap);
  }
  for (FrontierPoint& point : evaluated.result.frontier) {
    point.diversity.by_vectors &= bundle.facts().dim > 1;  // as Diversifier::choose
  }
  for (const int64_t test_user : options.example_users) {
    evaluated.examples.push_back(
        example_list(questions.dataset, questions.test_users, answers, test_user));
  }
  evaluated.result.arithmetic_seconds = seconds_since(start);
  return evaluated;
}

std::vector<Difference> compare(const std::vector<BundleEvaluation>& evaluated,
                                const Questions& questions) {
  std::vector<Difference> differences;
  for (size_t m = 0; m < compared_metrics().size(); ++m) {
    const MetricName& name = compared_metrics()[m];
    const size_t family = differences.size();
    const bool of_dislikes = std::string_view(name.protocol) == "disliked";
    const int64_t users =
        (of_dislikes && questions.with_dislikes != nullptr ? *questions.with_dislikes
                                                           : questions.test_users)
            .size();
    std::vector<double> p;
    for (size_t a = 0; a < evaluated.size(); ++a) {
      for (size_t b = a + 1; b < evaluated.size(); ++b) {
        const auto &first = evaluated[a].compared[m], &second = evaluated[b].compared[m];
        if (!first || !second) continue;
        const Resampled found = difference(*first, *second);
        p.push_back(p_value(found, users));
        differences.push_back({.protocol = name.protocol,
                               .metric = name.metric,
                               .a = a,
                               .b = b,
                               .interval = found.interval(),
                               .p = p.back(),
                               .adjusted_p = 1});
      }
    }
    const std::vector<double> adjusted = holm(p);
    for (size_t i = 0; i < p.size(); ++i) differences[family + i].adjusted_p = adjusted[i];
  }
  return differences;
}

}  // namespace marquee::evaluation
