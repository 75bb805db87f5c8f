#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "exporting/export.h"
#include "inference/bundle.h"

namespace marquee::exporting {

namespace fs = std::filesystem;

namespace {

// Inputs are named as the arguments of forward(), outputs are in its order. All dimensions are
// variable and k is one number for all rows, so Triton has no batch dimension to fill.
std::string config(const std::string& model) {
  const auto tensor = [](const char* name, const char* type, const char* dims) {
    return cat("  {\n    name: \"", name, "\"\n    data_type: ", type, "\n    dims: [ ", dims,
               " ]\n  }");
  };
  return cat(
      "name: \"", model, "\"\nbackend: \"pytorch\"\nplatform: \"pytorch_libtorch\"\n",
      "max_batch_size: 0\ninput [\n",
      join({tensor("history", "TYPE_INT64", "-1, -1"), tensor("signal", "TYPE_FP32", "-1, -1"),
            tensor("age", "TYPE_FP32", "-1, -1"), tensor("k", "TYPE_INT64", "1")},
           ",\n"),
      "\n]\noutput [\n",
      join({tensor("scores", "TYPE_FP32", "-1, -1"), tensor("titles", "TYPE_INT64", "-1, -1")},
           ",\n"),
      "\n]\nparameters: { key: \"INFERENCE_MODE\" value: { string_value: \"true\" } }\n",
      "parameters: { key: \"DISABLE_OPTIMIZED_EXECUTION\" value: { string_value: \"true\" } ",
      "}\n");
}

}  // namespace

Manifest export_triton(const TritonOptions& options) {
  const Artefact artefact(options.bundle, inference::kBundleKind);
  const std::string name = inference::BundleFacts::from(artefact.manifest()).model;
  if (artefact.manifest().lists(inference::kUsersFile)) {
    throw Error(cat(options.bundle.string(), " knows members by id (model.member), and Triton ",
                    "is given no ids; export a run with model.member: history"));
  }
  ArtefactWriter writer(options.out, "triton", options.overwrite);
  const fs::path model = writer.folder() / name;
  fs::create_directories(model / "1");
  fs::copy_file(artefact.file(inference::kModelFile), model / "1" / "model.pt");
  fs::copy_file(artefact.file(inference::kTitlesFile), model / "titles.csv");
  write_file(model / "config.pbtxt", config(name));
  Manifest repository = writer.commit(
      Json{{"model", name}},
      {{inference::kBundleKind, options.bundle.filename().string(), artefact.manifest().sha256}});
  log::info(cat("wrote ", options.out.string(), ": a model repository with ", name,
                "; tritonserver --model-repository=", options.out.string()));
  return repository;
}

}  // namespace marquee::exporting
