#include "evaluation/privacy/audit.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/openmp_waiting.h"
#include "core/progress.h"
#include "core/text.h"
#include "data/forget_members.h"
#include "evaluation/report/markup.h"
#include "evaluation/significance.h"
#include "inference/open_bundle.h"

namespace marquee::evaluation {

namespace {

using Kind = Finding::Kind;

// Who was trained on is known of this dataset alone, and of what it was before some were forgotten.
void check_trained_on(const inference::Bundle& bundle, const data::Dataset& dataset) {
  const auto ids = data::ids_of(dataset.manifest());
  for (const Source& each : bundle.manifest().sources) {
    if (each.kind == "dataset" && std::ranges::find(ids, each.sha256) != ids.end()) return;
  }
  throw Error(cat("bundle ", bundle.name(), " was not trained on dataset ",
                  in_quotes(dataset.name()),
                  ", so that nobody knows who of it was a member; name the dataset that it was "
                  "trained on with --data"));
}

void check_reads_histories(const inference::Bundle& bundle) {
  if (bundle.user_ids() == nullptr) return;
  throw Error(cat("bundle ", bundle.name(), " knows members by id (model.member), so that whoever ",
                  "has it can look up who was a member; the attacks are on models of histories"));
}

// Whom bundles learned from; it has to be the same people for all of them.
data::Learning learning_of(const std::vector<std::filesystem::path>& bundles) {
  const auto from_valid = std::ranges::count_if(bundles, [](const auto& folder) {
    return read_manifest(folder, inference::kBundleKind)
        .facts.contains(inference::kLearnedFromFact);
  });
  if (from_valid == 0) return data::Learning::kTrain;
  if (from_valid == std::ssize(bundles)) return data::Learning::kTrainAndValid;
  throw Error(
      "some of the bundles learned from train and valid (marquee train --refit) and others from "
      "train alone, so that other people are members of each; audit them separately");
}

void check_attributes(const PrivacyLimits& limits, const data::Dataset& dataset) {
  if (!limits.attribute_auc || !dataset.attribute_names().empty()) return;
  throw Error(cat("--max-attribute-auc: dataset ", in_quotes(dataset.name()),
                  " has no attributes of users; ingest it with --users, or leave the limit out"));
}

SeparatedScores separated(const std::vector<double>& scores, const People& people) {
  SeparatedScores result;
  for (size_t i = 0; i < scores.size(); ++i) {
    (people.all[i].member ? result.in : result.out).push_back(scores[i]);
  }
  return result;
}

BundlePrivacy audited(const inference::Bundle& bundle, const data::Dataset& dataset,
                      const People& people, const BootstrapOptions& options) {
  Progress progress(bundle.name(), static_cast<int64_t>(people.all.size()), "people");
  const Traces traces = find_traces(bundle, dataset, people, options.seed,
                                    [&](int64_t done) { progress.update(done); });
  progress.finish();
  BundlePrivacy result;
  result.name = bundle.name();
  const bool vectors = bundle.facts().scoring == inference::Scoring::kVectors;
  const auto width = static_cast<int64_t>(traces.width);
  result.knows = bundle.retrieval().width() == width
                     ? cat(vectors ? "vectors of " : "scores of titles, ", grouped(width))
                     : cat(vectors ? "vectors" : "scores of all titles", ", as ", grouped(width),
                           " random combinations");
  for (size_t i = 0; i < attacks().size(); ++i) {
    const std::vector<double>& scores = traces.*attacks()[i].scores;
    if (scores.empty()) continue;
    const SeparatedScores both = separated(scores, people);
    result.attacks.push_back({.attack = i,
                              .area = area_with_interval(both),
                              .holm_p = 1,
                              .found = found_with_interval(both, kFalseShare, options),
                              .curve = roc_curve(both)});
  }
  result.attributes = probe_attributes(dataset, people, traces, options);
  return result;
}

void adjust(std::vector<BundlePrivacy>& bundles) {
  std::vector<AttackResult*> fair;
  std::vector<double> p;
  for (BundlePrivacy& bundle : bundles) {
    for (AttackResult& each : bundle.attacks) {
      if (!attacks()[each.attack].fair) continue;
      fair.push_back(&each);
      p.push_back(each.area.p);
    }
  }
  const auto adjusted = holm(p);
  for (size_t i = 0; i < fair.size(); ++i) fair[i]->holm_p = adjusted[i];
}

struct Checked {
  std::string bundle, what;
  Interval value;
  std::optional<double> limit;
};

void check(const Checked& each, std::vector<Finding>& found) {
  if (!each.limit || each.value.value <= *each.limit) return;
  found.push_back({each.value.low > *each.limit ? Kind::kExceeded : Kind::kUnclear,
                   cat(each.bundle, ": ", each.what, " of ", fixed(each.value.value, 3), " (",
                       fixed(each.value.low, 3), " to ", fixed(each.value.high, 3), "); ",
                       general(*each.limit, 3), " is allowed"),
                   each.bundle});
}

}  // namespace

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> all = {
      {"hidden_titles", "hidden titles",
       "Each fifth of the history is hidden in turn; the score is how high the model ranks these "
       "titles by the rest (mean log rank). Of a member it has learned just these pairs.",
       "Membership of a person: Zhang et al., CCS 2021", true, &Traces::hidden_titles},
      {"beyond_popularity", "beyond popularity",
       "The same, less how high their popularity in training ranks these titles: what is left when "
       "counts of single titles, which give away something themselves, are taken out.",
       "Difficulty calibration: Watson et al., ICLR 2022", true, &Traces::beyond_popularity},
      {"history_loss", "loss on the history",
       "The score is the mean log softmax that the model gives to the titles of the whole history.",
       "Yeom et al., CSF 2018", true, &Traces::history_loss},
      {"similarity", "similar recommendations",
       "The cosine of the history and the ten titles recommended, less the cosine of these and the "
       "ten most popular titles; by the vectors of titles, or else by genres.",
       "Shadow-free membership inference, IJCAI 2024", true, &Traces::similarity},
      {"popular_lists", "popular lists (straw man)",
       "The same where people who are no members get the most popular titles, as in the published "
       "attacks. It finds who gets personal titles, not who was in training: Marquee serves "
       "everybody with a history in the same way. For comparison only.",
       "Zhang et al., CCS 2021", false, &Traces::popular_lists}};
  return all;
}

std::vector<Finding> findings(const PrivacyReport& report) {
  std::vector<Finding> found;
  for (const BundlePrivacy& bundle : report.bundles) {
    for (const AttackResult& each : bundle.attacks) {
      const Attack& attack = attacks()[each.attack];
      if (!attack.fair) continue;
      const std::string by = cat("“", attack.name, "” distinguishes members");
      check({bundle.name, by + " with an AUC", each.area.auc, report.limits.auc}, found);
      check({bundle.name, by + " at 1 % false positives with a share", each.found,
             report.limits.found},
            found);
    }
    for (const ProbedAttribute& each : bundle.attributes) {
      if (each.groups.empty()) continue;
      check({bundle.name, cat(in_quotes(each.name), " can be inferred with an AUC"), each.auc,
             report.limits.attribute_auc},
            found);
    }
    const bool none_probed = std::ranges::all_of(
        bundle.attributes, [](const ProbedAttribute& each) { return each.groups.empty(); });
    if (report.limits.attribute_auc && none_probed) {
      found.push_back({Kind::kUnclear,
                       cat(bundle.name, ": no attribute has two groups that are large enough, so ",
                           "that none was probed"),
                       bundle.name});
    }
  }
  std::ranges::stable_sort(found, {}, &Finding::kind);
  return found;
}

PrivacyReport audit_privacy(const PrivacyOptions& options) {
  const OpenMpWaiting waiting;
  ArtefactWriter writer(options.out, "report", options.overwrite);
  const data::Dataset dataset(options.dataset, learning_of(options.bundles));
  check_attributes(options.limits, dataset);
  const People people = find_people(dataset, options.seed);
  PrivacyReport report{.dataset = dataset.name(),
                       .command = options.command,
                       .sources = {{"dataset", dataset.name(), dataset.manifest().sha256}},
                       .pairs = people.pairs(),
                       .member_titles = people.member_titles,
                       .held_out_titles = people.held_out_titles,
                       .seed = options.seed,
                       .resamples = options.resamples,
                       .limits = options.limits,
                       .bundles = {},
                       .findings = {}};
  for (const std::filesystem::path& folder : options.bundles) {
    const auto bundle = inference::open_bundle(folder, options.device);
    check_trained_on(*bundle, dataset);
    check_reads_histories(*bundle);
    report.sources.push_back({"bundle", bundle->name(), bundle->manifest().sha256});
    report.bundles.push_back(audited(*bundle, dataset, people, {options.seed, options.resamples}));
  }
  adjust(report.bundles);
  report.findings = findings(report);
  write_file(writer.folder() / "report.json", to_json(report) + "\n");
  write_file(writer.folder() / "report.html", to_html(report));
  writer.commit({{"what", "privacy"}, {"pairs", report.pairs}, {"exceeded", report.exceeded()}},
                report.sources);
  return report;
}

}  // namespace marquee::evaluation
