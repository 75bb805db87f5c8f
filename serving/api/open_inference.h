// The Open Inference Protocol (KServe V2, REST) over the bundle's module, for clients and probes
// that speak it: tensors in, tensors out, with the binary extension of Triton. See
// github.com/kserve/open-inference-protocol and docs/serving.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inference/bundle.h"
#include "serving/http/http.h"

namespace marquee::serving {

// Inputs history [B, L] INT64, signal and age [B, L] FP32, k [1] INT64.
struct InferCall {
  struct Output {
    std::string name;  // "scores", "titles"
    bool binary = false;
  };
  std::string id;
  inference::HistoryBatch histories;
  int64_t k = 0;
  std::vector<Output> outputs;
};

namespace open_inference {

std::string server_metadata();
std::string model_metadata(const inference::Bundle& bundle);

// What is wrong with the model and version that the path names, or nothing.
std::optional<std::string> wrong_model(std::string_view path, const inference::Bundle& bundle);

// Throws Error naming the input and what is wrong with it.
InferCall parse(const HttpRequest& request);

// Throws Error if the call does not fit the bundle: a title it does not know, a history too long.
HttpResponse answer(const InferCall& call, const inference::Bundle& bundle);

}  // namespace open_inference
}  // namespace marquee::serving
