#include "training/warm_start.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "models/weights.h"
#include "training/names.h"
#include "training/refit.h"
#include "training/train.h"

namespace marquee::training {

namespace {

void refuse_refit(const char* option, const Manifest& run) {
  if (!is_refit(run)) return;
  throw Error(cat(option, " ", run.folder.string(), " learned from validation as well (--refit), ",
                  "so that validation would say nothing of a model that starts from it; name the ",
                  "run that it is a refit of"));
}

}  // namespace

Source warm_start(models::Recommender& model, const std::filesystem::path& run,
                  const data::Dataset& dataset) {
  refuse_refit("--from", read_manifest(run, kRunKind));
  const TrainedModel trained = load_trained(run, dataset);
  const models::NamedTensors from = models::tensors_of(trained.model->module());
  models::NamedTensors to = models::tensors_of(model.module());
  std::vector<std::string> left;
  for (const auto& [name, tensor] : to) {
    if (!from.contains(name)) left.push_back(name);
  }
  for (const auto& name : left) to.erase(name);
  if (to.empty()) {
    throw Error(cat("--from ", run.string(), " holds ", trained.config.model.name,
                    ", which has no weight in common with this model"));
  }
  for (auto& [name, tensor] : to) {
    const at::Tensor& start = from.at(name);
    if (start.sizes() == tensor.sizes() && start.scalar_type() == tensor.scalar_type()) continue;
    throw Error(cat("--from ", run.string(), ": ", name, " has the shape ", cat(start.sizes()),
                    " there and ", cat(tensor.sizes()),
                    " here; give the model the sizes that its run has (", run.string(), "/",
                    kConfigFile, ")"));
  }
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : to) tensor.copy_(from.at(name));
  model.warm_started(left);
  log::info(cat("starting from ", run.string(), left.empty() ? "" : "; new: ", join(left, ", ")));
  return {kRunKind, trained.config.model.name, trained.run.sha256};
}

namespace {

enum class Rows { kTitles, kFeatures, kMembers, kOther };

// What the rows of a parameter stand for, by how its name ends.
Rows rows_of(const std::string& parameter) {
  const std::pair<const char*, Rows> kinds[] = {{"id_embedding", Rows::kTitles},
                                                {"feature_embedding", Rows::kFeatures},
                                                {"user_ids.embedding", Rows::kMembers},
                                                {"behaviour", Rows::kTitles},
                                                // of bpr and ials
                                                {"titles", Rows::kTitles},
                                                {"biases", Rows::kTitles}};
  if (parameter == "history") return Rows::kTitles;  // of bpr
  for (const auto& [ending, kind] : kinds) {
    if (parameter.ends_with(ending)) return kind;
  }
  return Rows::kOther;
}

// Copies the rows that were there.
void copy_rows(const at::Tensor& from, const std::vector<int64_t>& rows, at::Tensor& to) {
  std::vector<int64_t> targets, sources;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    targets.push_back(static_cast<int64_t>(i));
    sources.push_back(rows[i]);
  }
  to.index_copy_(0, at::tensor(targets), from.index_select(0, at::tensor(sources)));
}

void check_fits(const Manifest& run, const std::string& name, const at::Tensor& from,
                const at::Tensor& to, size_t rows) {
  const bool is_table = rows > 0;
  const bool fits = from.dim() == to.dim() && from.scalar_type() == to.scalar_type() &&
                    from.sizes().slice(is_table ? 1 : 0) == to.sizes().slice(is_table ? 1 : 0) &&
                    (!is_table || std::cmp_equal(rows, to.size(0)));
  if (fits) return;
  throw Error(cat("--init ", run.folder.string(), ": ", name, " has the shape ", cat(from.sizes()),
                  " there and ", cat(to.sizes()), " here; give the model the sizes that its run ",
                  "has (", run.folder.string(), "/", kConfigFile, ")"));
}

}  // namespace

Source start_from_earlier(models::Recommender& model, const std::filesystem::path& folder,
                          const data::Dataset& dataset) {
  const Manifest run = read_finished_run(folder);
  refuse_refit("--init", run);
  const Artefact files(run);
  const models::NamedTensors from = models::load_tensors(files.file("best/model.safetensors"));
  const Names now = Names::of(dataset), then = Names::read(run);
  const std::vector<int64_t> titles = now.title_rows(then), features = now.feature_rows(then);
  std::vector<std::string> left;
  const at::NoGradGuard no_grad;
  int64_t copied = 0;
  for (auto& parameter : model.module().named_parameters()) {
    const std::string& name = parameter.key();
    at::Tensor& to = parameter.value();
    const auto found = from.find(name);
    const Rows kind = rows_of(name);
    if (found == from.end() || kind == Rows::kMembers) {
      left.push_back(name);
      continue;
    }
    const auto& rows = kind == Rows::kTitles ? titles : features;
    check_fits(run, name, found->second, to, kind == Rows::kOther ? 0 : rows.size());
    if (kind == Rows::kOther) {
      to.copy_(found->second);
    } else {
      copy_rows(found->second, rows, to);
    }
    ++copied;
  }
  const auto model_name = run.fact<std::string>("model");
  if (copied == 0) {
    throw Error(cat("--init ", folder.string(), " holds ", model_name,
                    ", which has no weight in common with this model"));
  }
  model.warm_started(left);
  const auto fresh = [](const std::vector<int64_t>& rows) { return std::ranges::count(rows, -1); };
  log::info(cat("starting from ", folder.string(), "; new titles: ", grouped(fresh(titles)),
                ", new names of features: ", grouped(fresh(features)),
                left.empty() ? "" : "; also new: " + join(left, ", ")));
  return {kRunKind, model_name, run.sha256};
}

}  // namespace marquee::training
