#include "cli/bundles.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "inference/bundle.h"

namespace marquee::cli {

namespace fs = std::filesystem;

namespace {

// Inputs are named as the arguments of forward(), outputs stand in its order. All dimensions are
// free, k is one number for all members: so there is no batch dimension that Triton could fill.
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

void export_triton(const fs::path& bundle, const fs::path& out, bool overwrite) {
  const Artefact artefact(bundle, "bundle");
  const std::string name = inference::BundleFacts::from(artefact.manifest()).model;
  ArtefactWriter writer(out, "triton", overwrite);
  const fs::path model = writer.folder() / name;
  fs::create_directories(model / "1");
  fs::copy_file(artefact.file("model.pt"), model / "1" / "model.pt");
  fs::copy_file(artefact.file("titles.csv"), model / "titles.csv");
  write_file(model / "config.pbtxt", config(name));
  writer.commit(Json{{"model", name}},
                {{"bundle", bundle.filename().string(), artefact.manifest().sha256}});
  log::info(cat("wrote ", out.string(), ": a model repository with ", name,
                "; tritonserver --model-repository=", out.string()));
}

}  // namespace marquee::cli
