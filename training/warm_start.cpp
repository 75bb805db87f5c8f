#include "training/warm_start.h"

#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "models/weights.h"
#include "training/refit.h"
#include "training/train.h"

namespace marquee::training {

Source warm_start(models::Recommender& model, const std::filesystem::path& run,
                  const data::Dataset& dataset) {
  if (is_refit(read_manifest(run, kRunKind))) {
    throw Error(cat("--from ", run.string(), " learned from validation as well (--refit), so that ",
                    "validation would say nothing of a model that starts from it; name the run ",
                    "that it is a refit of"));
  }
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

}  // namespace marquee::training
