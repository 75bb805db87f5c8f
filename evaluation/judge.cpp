#include "evaluation/judge.h"

#include <chrono>

#include "core/text.h"
#include "evaluation/examples.h"
#include "evaluation/figures.h"
#include "evaluation/significance.h"
#include "evaluation/training_curve.h"
#include "inference/open_bundle.h"

namespace marquee::evaluation {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool made_from_another(const std::vector<Source>& sources, const std::string& dataset) {
  bool named = false;
  for (const Source& source : sources) {
    if (source.kind != "dataset") continue;
    if (source.sha256 == dataset) return false;
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
  result.from_another_dataset = made_from_another(result.sources, dataset.manifest().sha256);
  result.curve = read_training_curve(folder, bundle.manifest());
  return result;
}

void add_figures(const std::string& protocol, const std::vector<Figure>& figures,
                 const BootstrapOptions& bootstrap, Verdict& verdict) {
  std::vector<Resampled> resampled = resample(figures, bootstrap);
  for (size_t i = 0; i < figures.size(); ++i) {
    verdict.result.metrics.push_back({protocol, figures[i].name, resampled[i].interval()});
    for (size_t m = 0; m < compared_metrics().size(); ++m) {
      const MetricName& name = compared_metrics()[m];
      if (protocol == name.protocol && figures[i].name == name.metric) {
        verdict.compared[m] = resampled[i];
      }
    }
  }
}

// Everything is among the first 100 of 100.
std::vector<int> telling_cutoffs(const JudgeOptions& options) {
  std::vector<int> cutoffs = options.cutoffs;
  std::erase_if(cutoffs, [](int k) { return k > kNegatives; });
  return cutoffs;
}

void measure(const Answers& answers, const Questions& questions, const JudgeOptions& options,
             Verdict& verdict) {
  const Panel& panel = questions.panel;
  const auto add = [&](const std::string& protocol, const std::vector<Figure>& figures) {
    add_figures(protocol, figures, options.bootstrap, verdict);
  };
  verdict.compared.resize(compared_metrics().size());
  add("full_rank", ranking_figures(panel, answers.full_ranks, options.cutoffs));
  add("sampled_99", separate_figures(panel, answers.sampled_ranks, telling_cutoffs(options)));
  if (questions.candidates != nullptr) {
    add("candidates", separate_figures(panel, answers.candidate_ranks, options.cutoffs));
  }
  add("rating", rating_figures(panel, answers.predicted_ratings));
  const Exposure shown = exposure(panel, answers);
  verdict.result.metrics.push_back({"beyond_accuracy", "coverage@10", shown.coverage});
  verdict.result.metrics.push_back({"beyond_accuracy", "gini@10", shown.gini});
  add("beyond_accuracy", beyond_accuracy_figures(questions.dataset, panel, answers));
  verdict.result.slices =
      make_slices(questions.dataset, panel, answers.full_ranks, options.bootstrap);
  verdict.result.recommended = PopularityGroups(panel).shares(answers.lists);
}

}  // namespace

Verdict judge(const std::filesystem::path& folder, const Questions& questions,
              const JudgeOptions& options,
              const std::function<void(const std::string&, int64_t)>& on_progress) {
  Verdict verdict;
  auto start = Clock::now();
  const auto opened = inference::open_bundle(folder, options.device);
  const inference::Bundle& bundle = *opened;
  const TitleMap titles(bundle, questions.dataset.catalogue());
  verdict.result = describe(bundle, folder, questions.dataset);
  verdict.result.load_seconds = seconds_since(start);

  start = Clock::now();
  const Answers answers =
      answer(bundle, titles, questions, [&](int64_t done) { on_progress(bundle.name(), done); });
  verdict.result.answer_seconds = seconds_since(start);

  start = Clock::now();
  measure(answers, questions, options, verdict);
  for (const int64_t member : options.example_members) {
    verdict.examples.push_back(example_list(questions.dataset, questions.panel, answers, member));
  }
  verdict.result.arithmetic_seconds = seconds_since(start);
  return verdict;
}

std::vector<Difference> compare(const std::vector<Verdict>& verdicts, int64_t members) {
  std::vector<Difference> differences;
  for (size_t m = 0; m < compared_metrics().size(); ++m) {
    const MetricName& name = compared_metrics()[m];
    const size_t family = differences.size();
    std::vector<double> p;
    for (size_t a = 0; a < verdicts.size(); ++a) {
      for (size_t b = a + 1; b < verdicts.size(); ++b) {
        const auto &first = verdicts[a].compared[m], &second = verdicts[b].compared[m];
        if (!first || !second) continue;
        const Resampled found = difference(*first, *second);
        p.push_back(p_value(found, members));
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
