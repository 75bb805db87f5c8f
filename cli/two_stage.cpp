#include "models/export/two_stage.h"

#include "cli/bundles.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "inference/bundle.h"
#include "inference/request.h"

namespace marquee::cli {

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
  facts.scores = "titles";
  facts.parameters += ranking.facts().parameters;
  // Each stage takes its newest events; all of them say which titles are no candidates.
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

void export_two_stage(const TwoStageOptions& options, const fs::path& out, bool overwrite) {
  const inference::Bundle candidates(options.candidates), ranking(options.ranking);
  check_same_dataset(candidates.manifest(), ranking.manifest());
  const Artefact first(options.candidates), second(options.ranking);
  ArtefactWriter writer(out, "bundle", overwrite);
  const fs::path& folder = writer.folder();
  models::export_two_stage({first.file("model.pt"), candidates.facts().max_history},
                           {second.file("model.pt"), ranking.facts().max_history}, options.count,
                           folder / "model.pt");
  const inference::BundleFacts facts = facts_of(candidates, ranking);
  fs::copy_file(first.file("titles.csv"), folder / "titles.csv");
  if (facts.dim > 0) fs::copy_file(first.file("titles.bin"), folder / "titles.bin");
  write_file(folder / "config.yaml",
             cat("candidates:\n", indented(read_file(first.file("config.yaml"))), "ranking:\n",
                 indented(read_file(second.file("config.yaml"))), "count: ", options.count, "\n"));
  write_file(
      folder / "model_card.md",
      cat("# Two stages\n\nThe ", options.count, " best titles by ", candidates.name(),
          " that a member has not seen, put in order by ", ranking.name(),
          "; all others follow as the first has them. Both as they say of themselves:\n\n---\n\n",
          read_file(first.file("model_card.md")), "\n---\n\n",
          read_file(second.file("model_card.md"))));
  const std::vector<Source> sources = {{"bundle", candidates.name(), candidates.manifest().sha256},
                                       {"bundle", ranking.name(), ranking.manifest().sha256},
                                       dataset_of(candidates.manifest())};
  write_golden(folder, facts.to_json(), sources);
  const Manifest bundle = writer.commit(facts.to_json(), sources);
  log::info(cat("wrote ", out.string(), ": two_stage@", bundle.sha256.substr(0, 8), ", the ",
                options.count, " best by ", candidates.name(), " in the order of ",
                ranking.name()));
}

}  // namespace marquee::cli
