#include "models/export/two_stage.h"

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "exporting/export.h"
#include "exporting/golden_requests.h"
#include "inference/open_bundle.h"
#include "inference/request.h"

namespace marquee::exporting {

namespace fs = std::filesystem;

namespace {

const Source& dataset_of(const Manifest& bundle) {
  for (const Source& source : bundle.sources) {
    if (source.kind == "dataset") return source;
  }
  throw artefact_error(cat(bundle.folder.string(),
                           " does not say which dataset it was made from; "
                           "export its run again"));
}

void check_same_dataset(const Manifest& candidates, const Manifest& ranking) {
  const Source &one = dataset_of(candidates), &other = dataset_of(ranking);
  if (one.sha256 == other.sha256) return;
  throw artefact_error(cat(candidates.folder.string(), " was made from dataset ", one.name, " (",
                           one.sha256.substr(0, 8), "), ", ranking.folder.string(), " from ",
                           other.name, " (", other.sha256.substr(0, 8),
                           "): their titles need not be the same; train both on one dataset"));
}

inference::BundleFacts facts_of(const inference::Bundle& candidates,
                                const inference::Bundle& ranking) {
  inference::BundleFacts facts = candidates.facts();
  facts.model = "two_stage";
  facts.scoring = inference::Scoring::kTitles;
  facts.parameters += ranking.facts().parameters;
  // Each stage reads its newest events; the titles of all events are excluded as candidates.
  facts.max_history = inference::kMaxHistory;
  return facts;
}

std::string indented(const std::string& text) {
  std::string result;
  for (const auto& line : split(text, '\n')) {
    if (!line.empty()) result += cat("  ", line, "\n");
  }
  return result;
}

}  // namespace

Manifest export_two_stage(const TwoStageOptions& options) {
  const auto first = inference::open_bundle(options.candidates);
  const auto second = inference::open_bundle(options.ranking);
  const inference::Bundle &candidates = *first, &ranking = *second;
  check_same_dataset(candidates.manifest(), ranking.manifest());
  ArtefactWriter writer(options.out, inference::kBundleKind, options.overwrite);
  const fs::path& folder = writer.folder();
  models::export_two_stage({candidates.file(inference::kModelFile), candidates.facts().max_history},
                           {ranking.file(inference::kModelFile), ranking.facts().max_history},
                           options.count, folder / inference::kModelFile);
  const inference::BundleFacts facts = facts_of(candidates, ranking);
  fs::copy_file(candidates.file(inference::kTitlesFile), folder / inference::kTitlesFile);
  if (candidates.contexts() != nullptr) {
    for (const char* file : {inference::kContextsFile, inference::kLiftsFile}) {
      fs::copy_file(candidates.file(file), folder / file);
    }
  }
  // Both are of one dataset, so that numbers of users are the same.
  const inference::Bundle& knowing = ranking.user_ids() != nullptr ? ranking : candidates;
  if (knowing.user_ids() != nullptr) {
    fs::copy_file(knowing.file(inference::kUsersFile), folder / inference::kUsersFile);
  }
  if (facts.dim > 0)
    fs::copy_file(candidates.file(inference::kVectorsFile), folder / inference::kVectorsFile);
  write_file(folder / inference::kConfigFile,
             cat("candidates:\n", indented(read_file(candidates.file(inference::kConfigFile))),
                 "ranking:\n", indented(read_file(ranking.file(inference::kConfigFile))),
                 "count: ", options.count, "\n"));
  write_file(folder / inference::kModelCardFile,
             cat("# Two stages\n\nThe ", options.count, " best titles by ", candidates.name(),
                 " that a member has not seen, ranked by ", ranking.name(),
                 "; all others follow in the order of the first. The cards of both:\n\n---\n\n",
                 read_file(candidates.file(inference::kModelCardFile)), "\n---\n\n",
                 read_file(ranking.file(inference::kModelCardFile))));
  Json all_facts = facts.to_json();
  if (knowing.user_ids() != nullptr) {
    all_facts[inference::kUsersFact] = knowing.manifest().facts[inference::kUsersFact];
  }
  for (const inference::Bundle* each : {&candidates, &ranking}) {
    if (each->manifest().facts.contains(inference::kLearnedFromFact)) {
      all_facts[inference::kLearnedFromFact] = inference::kTrainAndValid;
    }
  }
  const std::vector<Source> sources = {
      {inference::kBundleKind, candidates.name(), candidates.manifest().sha256},
      {inference::kBundleKind, ranking.name(), ranking.manifest().sha256},
      dataset_of(candidates.manifest())};
  write_golden_requests(folder, all_facts, sources);
  Manifest bundle = writer.commit(all_facts, sources);
  log::info(cat("wrote ", options.out.string(), ": two_stage@", bundle.sha256.substr(0, 8),
                ", the ", options.count, " best by ", candidates.name(), ", ranked by ",
                ranking.name()));
  return bundle;
}

}  // namespace marquee::exporting
