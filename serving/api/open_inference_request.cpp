// A request of the Open Inference Protocol, from bytes to tensors.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "data/limits.h"
#include "inference/request.h"
#include "serving/api/open_inference.h"

namespace marquee::serving::open_inference {

namespace {

constexpr int64_t kMaxValues = 131'072;  // of a history
constexpr int64_t kMaxBatch = 1'024;
constexpr int kMaxDepth = 16;
constexpr std::string_view kLengthField = "inference-header-content-length";

// An input as it came; its values are either JSON or a piece of the binary part.
struct Input {
  std::string datatype;
  std::vector<int64_t> shape;
  const Json* data = nullptr;
  std::string_view bytes;
  int64_t size = 1;  // values
};

Error wrong(const std::string& place, const std::string& what) {
  return Error(place + ": " + what);
}

const Json& field_of(const Json& object, const char* name, const std::string& place) {
  const auto found = object.find(name);
  if (found == object.end()) throw wrong(place, cat(name, " is missing"));
  return *found;
}

std::string text(const Json& value, const std::string& place) {
  if (!value.is_string()) throw wrong(place, "must be a text");
  std::string text = value.get<std::string>();
  if (text.size() > data::kMaxIdBytes) throw wrong(place, "is too long");
  return text;
}

int64_t whole(const Json& value, const std::string& place) {
  const bool too_large =
      value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
  if (!value.is_number_integer() || too_large) throw wrong(place, "must be a whole number");
  return value.get<int64_t>();
}

bool flag(const Json& parameters, const char* name, bool fallback) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return fallback;
  if (!found->is_boolean()) throw wrong(name, "must be true or false");
  return found->get<bool>();
}

Json parameters_of(const Json& object, const std::string& place) {
  const auto found = object.find("parameters");
  if (found == object.end()) return Json::object();
  if (!found->is_object()) throw wrong(place, "parameters: must be an object");
  return *found;
}

std::vector<int64_t> shape_of(const Json& value, const std::string& place, int64_t& size) {
  if (!value.is_array() || value.empty() || value.size() > 2) {
    throw wrong(place, "shape: must be a list of one or two numbers");
  }
  std::vector<int64_t> shape;
  size = 1;
  for (const Json& each : value) {
    shape.push_back(whole(each, place + ": shape"));
    if (shape.back() < 1 || shape.back() > kMaxValues) {
      throw wrong(place, cat("shape: each number must be 1 to ", kMaxValues));
    }
    size *= shape.back();
  }
  if (size > kMaxValues) throw wrong(place, cat("holds more than ", kMaxValues, " values"));
  return shape;
}

Input input_of(const Json& json, const std::string& place, std::string_view& binary) {
  Input input;
  input.datatype = text(field_of(json, "datatype", place), place + ": datatype");
  input.shape = shape_of(field_of(json, "shape", place), place, input.size);
  const Json parameters = parameters_of(json, place);
  const auto size = parameters.find("binary_data_size");
  if (size == parameters.end()) {
    input.data = &field_of(json, "data", place);
    return input;
  }
  const int64_t bytes = whole(*size, place + ": binary_data_size");
  if (bytes < 0 || std::cmp_greater(bytes, binary.size())) {
    throw wrong(place, "binary_data_size: there are not so many bytes after the JSON");
  }
  input.bytes = binary.substr(0, static_cast<size_t>(bytes));
  binary.remove_prefix(static_cast<size_t>(bytes));
  return input;
}

template <typename T>
void flatten(const Json& data, const std::string& place, int64_t most, std::vector<T>& values) {
  for (const Json& each : data) {
    if (each.is_array()) {
      flatten(each, place, most, values);
    } else if constexpr (std::is_same_v<T, int64_t>) {
      values.push_back(whole(each, place));
    } else {
      if (!each.is_number()) throw wrong(place, "must hold numbers");
      values.push_back(each.get<T>());
    }
    if (std::cmp_greater(values.size(), most)) throw wrong(place, "holds more than its shape");
  }
}

template <typename T>
std::vector<T> values_of(const Input& input, const std::string& place, const char* datatype) {
  if (input.datatype != datatype) {
    throw wrong(place, cat("datatype: must be ", datatype, ", not ", in_quotes(input.datatype)));
  }
  std::vector<T> values;
  if (input.data != nullptr) {
    if (!input.data->is_array()) throw wrong(place, "data: must be a list");
    flatten(*input.data, place, input.size, values);
  } else if (input.bytes.size() % sizeof(T) == 0) {
    values.resize(input.bytes.size() / sizeof(T));
    std::memcpy(values.data(), input.bytes.data(), input.bytes.size());
  }
  if (std::cmp_not_equal(values.size(), input.size)) {
    throw wrong(place, cat("holds ", values.size(), " values, its shape ", input.size));
  }
  return values;
}

// Zeros, which are padding, must come after the history, and all values must be finite.
void check(const inference::HistoryBatch& batch) {
  for (int64_t row = 0; row < batch.batch; ++row) {
    bool padding = false;
    for (int64_t i = row * batch.length; i < (row + 1) * batch.length; ++i) {
      const auto at = static_cast<size_t>(i);
      if (batch.titles[at] < 0) throw wrong("history", "a title must be 0 or above");
      if (padding && batch.titles[at] != 0) {
        throw wrong("history", "0 is padding and must come after the titles");
      }
      padding = batch.titles[at] == 0;
      if (!std::isfinite(batch.signals[at]) || !std::isfinite(batch.ages[at]) ||
          batch.ages[at] < 0) {
        throw wrong("signal, age", "must be finite numbers, ages at least 0");
      }
    }
  }
}

// Where the JSON ends and the binary part begins.
size_t json_length(const HttpRequest& request) {
  const std::string_view field = request.field(kLengthField);
  if (field.empty()) return request.body.size();
  size_t length = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
  if (error != std::errc() || end != field.data() + field.size() || length > request.body.size()) {
    throw Error("Inference-Header-Content-Length: is no length within the body");
  }
  return length;
}

// Refuses deep nesting and fields that are given twice.
Json parsed(std::string_view text) {
  std::vector<std::set<std::string>> open;  // fields so far of the enclosing objects
  const auto strictly = [&](int depth, Json::parse_event_t event, const Json& value) {
    if (depth > kMaxDepth) throw Error("the body is nested too deeply");
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second) {
      throw Error(cat(in_quotes(value.get<std::string>()), " is given twice"));
    }
    return true;
  };
  Json json = Json::parse(text, strictly, /*allow_exceptions=*/false);
  if (!json.is_object()) throw Error("the body is not a JSON object");
  return json;
}

void check_fields(const Json& json, const std::vector<std::string>& known,
                  const std::string& place) {
  for (const auto& [name, value] : json.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw wrong(place, cat("unknown field ", in_quotes(name)));
    }
  }
}

std::map<std::string, Input> inputs_of(const Json& json, std::string_view binary) {
  const Json& list = field_of(json, "inputs", "the body");
  if (!list.is_array() || list.size() > 4) throw wrong("inputs", "must be a list of up to four");
  std::map<std::string, Input> inputs;
  for (const Json& each : list) {
    if (!each.is_object()) throw wrong("inputs", "must hold objects");
    check_fields(each, {"name", "shape", "datatype", "parameters", "data"}, "inputs");
    const std::string name = text(field_of(each, "name", "inputs"), "inputs: name");
    if (!inputs.emplace(name, input_of(each, name, binary)).second) {
      throw wrong(name, "is given twice");
    }
  }
  for (const char* needed : {"history", "signal", "age", "k"}) {
    if (!inputs.contains(needed)) throw wrong("inputs", cat(needed, " is missing"));
  }
  if (inputs.size() != 4) throw wrong("inputs", "there are history, signal, age and k");
  if (!binary.empty()) throw Error("there are bytes after the JSON that no input names");
  return inputs;
}

std::vector<InferCall::Output> outputs_of(const Json& json) {
  const bool binary = flag(parameters_of(json, "the body"), "binary_data_output", false);
  std::vector<InferCall::Output> outputs;
  if (const auto list = json.find("outputs"); list != json.end()) {
    if (!list->is_array() || list->size() > 2)
      throw wrong("outputs", "must be a list of up to two");
    for (const Json& each : *list) {
      if (!each.is_object()) throw wrong("outputs", "must hold objects");
      check_fields(each, {"name", "parameters"}, "outputs");
      const std::string name = text(field_of(each, "name", "outputs"), "outputs: name");
      if (name != "scores" && name != "titles") {
        throw wrong("outputs", cat(in_quotes(name), " is none of scores, titles"));
      }
      outputs.push_back({name, flag(parameters_of(each, name), "binary_data", binary)});
    }
  }
  if (outputs.empty()) outputs = {{"scores", binary}, {"titles", binary}};
  return outputs;
}

}  // namespace

InferCall parse(const HttpRequest& request) {
  const size_t length = json_length(request);
  const std::string_view body = request.body;
  const Json json = parsed(body.substr(0, length));
  check_fields(json, {"id", "parameters", "inputs", "outputs"}, "the body");
  const auto inputs = inputs_of(json, body.substr(length));
  const Input& history = inputs.at("history");
  for (const char* name : {"history", "signal", "age"}) {
    if (inputs.at(name).shape.size() != 2 || inputs.at(name).shape != history.shape) {
      throw wrong(name, "shape: history, signal and age must all be [batch, length]");
    }
  }
  if (history.shape[0] > kMaxBatch) throw wrong("history", cat("batch above ", kMaxBatch));
  InferCall call;
  if (const auto id = json.find("id"); id != json.end()) call.id = text(*id, "id");
  call.histories.batch = history.shape[0];
  call.histories.length = history.shape[1];
  call.histories.titles = values_of<int64_t>(history, "history", "INT64");
  call.histories.signals = values_of<float>(inputs.at("signal"), "signal", "FP32");
  call.histories.ages = values_of<float>(inputs.at("age"), "age", "FP32");
  check(call.histories);
  const auto k = values_of<int64_t>(inputs.at("k"), "k", "INT64");
  if (k.size() != 1 || k[0] < 1 || k[0] > inference::kMaxTitlesAnswered) {
    throw wrong("k", cat("must be one number from 1 to ", inference::kMaxTitlesAnswered));
  }
  call.k = k[0];
  call.outputs = outputs_of(json);
  return call;
}

}  // namespace marquee::serving::open_inference
