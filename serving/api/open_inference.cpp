#include "serving/api/open_inference.h"

#include <algorithm>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "core/version.h"
#include "serving/api/routing.h"

namespace marquee::serving::open_inference {

namespace {

using inference::Bundle;

std::string version_of(const Bundle& bundle) { return bundle.manifest().sha256.substr(0, 8); }

Json tensor(const char* datatype, const char* name, const std::vector<int64_t>& shape) {
  return {{"name", name}, {"datatype", datatype}, {"shape", shape}};
}

template <typename T>
void put(const std::vector<T>& values, bool binary, Json& output, std::string& bytes) {
  if (!binary) {
    output["data"] = values;
    return;
  }
  const size_t size = values.size() * sizeof(T);
  output["parameters"] = {{"binary_data_size", size}};
  bytes.append(reinterpret_cast<const char*>(values.data()), size);
}

}  // namespace

std::string server_metadata() {
  return Json{{"name", "marquee"}, {"version", kVersion}, {"extensions", {"binary_tensor_data"}}}
      .dump();
}

std::string model_metadata(const Bundle& bundle) {
  return Json{
      {"name", bundle.facts().model},
      {"versions", {version_of(bundle)}},
      {"platform", "pytorch_libtorch"},
      {"inputs",
       {tensor("INT64", "history", {-1, -1}), tensor("FP32", "signal", {-1, -1}),
        tensor("FP32", "age", {-1, -1}), tensor("INT64", "k", {1})}},
      {"outputs", {tensor("FP32", "scores", {-1, -1}), tensor("INT64", "titles", {-1, -1})}}}
      .dump();
}

std::optional<std::string> wrong_model(std::string_view path, const Bundle& bundle) {
  const auto pieces = split(path, '/');  // "", v2, models, NAME, versions, VERSION, ...
  const std::string name = percent_decoded(pieces[3], false);
  if (name != bundle.facts().model) {
    return cat("there is no model ", in_quotes(name), "; there is ", bundle.facts().model);
  }
  if (pieces.size() > 5 && pieces[4] == "versions" && pieces[5] != version_of(bundle)) {
    return cat("there is no version ", in_quotes(pieces[5]), "; there is ", version_of(bundle));
  }
  return std::nullopt;
}

HttpResponse answer(const InferCall& call, const Bundle& bundle) {
  if (call.histories.length > bundle.facts().max_history) {
    throw Error(cat("history: ", "the model looks at ", bundle.facts().max_history,
                    " events; send the newest of them"));
  }
  const auto& titles = call.histories.titles;
  if (std::any_of(titles.begin(), titles.end(),
                  [&](int64_t title) { return title > bundle.trained_titles(); })) {
    throw Error(cat("history: ", "titles are 1 to ", bundle.trained_titles()));
  }
  if (call.k > bundle.trained_titles()) {
    throw Error(cat("k: ", "there are ", bundle.trained_titles(), " titles"));
  }
  const auto top = bundle.model().forward(call.histories, call.k);
  Json json = {{"model_name", bundle.facts().model}, {"model_version", version_of(bundle)}};
  if (!call.id.empty()) json["id"] = call.id;
  std::string bytes;
  bool any_binary = false;
  for (const auto& [name, binary] : call.outputs) {
    const bool is_scores = name == "scores";
    Json output =
        tensor(is_scores ? "FP32" : "INT64", name.c_str(), {call.histories.batch, call.k});
    is_scores ? put(top.scores, binary, output, bytes) : put(top.titles, binary, output, bytes);
    json["outputs"].push_back(std::move(output));
    any_binary |= binary;
  }
  HttpResponse response{.body = json.dump()};
  if (any_binary) {
    response.fields.emplace_back("Inference-Header-Content-Length",
                                 std::to_string(response.body.size()));
    response.content_type = "application/octet-stream";
    response.body += bytes;
  }
  return response;
}

}  // namespace marquee::serving::open_inference
