#include "models/weights.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/nn/module.h>

#include <array>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"

namespace marquee::models {

namespace {

constexpr uint64_t kMaxHeader = 16 << 20;
constexpr size_t kMaxRank = 8;

struct TypeName {
  at::ScalarType type;
  const char* name;
};
constexpr std::array<TypeName, 5> kTypes = {{{at::kFloat, "F32"},
                                             {at::kDouble, "F64"},
                                             {at::kLong, "I64"},
                                             {at::kByte, "U8"},
                                             {at::kBool, "BOOL"}}};

std::string type_name(at::ScalarType type) {
  for (const auto& entry : kTypes) {
    if (entry.type == type) return entry.name;
  }
  TORCH_CHECK(false, "no name for tensor type ", type);
}

at::ScalarType parse_type(const std::string& name, const std::string& where) {
  for (const auto& entry : kTypes) {
    if (name == entry.name) return entry.type;
  }
  throw artefact_error(cat(where, ": unknown tensor type ", in_quotes(name)));
}

at::Tensor read_tensor(const Json& entry, std::string_view bytes, const std::string& where) {
  const auto shape = entry.at("shape").get<std::vector<int64_t>>();
  const auto offsets = entry.at("data_offsets").get<std::array<uint64_t, 2>>();
  const at::ScalarType type = parse_type(entry.at("dtype").get<std::string>(), where);
  uint64_t size = at::elementSize(type);
  if (shape.size() > kMaxRank) throw artefact_error(where + ": too many dimensions");
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(size, static_cast<uint64_t>(extent), &size)) {
      throw artefact_error(where + ": impossible shape");
    }
  }
  if (offsets[0] > offsets[1] || offsets[1] > bytes.size() || offsets[1] - offsets[0] != size) {
    throw artefact_error(where + ": its bytes do not fit its shape");
  }
  at::Tensor tensor = at::empty(shape, at::TensorOptions(type));
  std::memcpy(tensor.mutable_data_ptr(), bytes.data() + offsets[0], size);
  return tensor;
}

}  // namespace

NamedTensors tensors_of(torch::nn::Module& module) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

void save_tensors(const NamedTensors& tensors, const std::filesystem::path& file) {
  Json header = Json::object();
  std::vector<at::Tensor> values;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    values.push_back(tensor.detach().to(at::kCPU).contiguous());
    header[name] = {{"dtype", type_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + values.back().nbytes()}}};
    offset += values.back().nbytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<uint64_t>(text.size());
  FileWriter writer(file);
  writer.write({reinterpret_cast<const char*>(&length), sizeof length});
  writer.write(text);
  for (const auto& value : values) {
    writer.write({static_cast<const char*>(value.const_data_ptr()), value.nbytes()});
  }
  writer.close();
}

NamedTensors load_tensors(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  std::string_view bytes = mapped.text();
  uint64_t length = 0;
  if (bytes.size() < sizeof length) throw artefact_error(file.string() + " is truncated");
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes.remove_prefix(sizeof length);
  if (length > kMaxHeader || length > bytes.size()) {
    throw artefact_error(file.string() + " has an impossible header");
  }
  const Json header = parse_json(std::string(bytes.substr(0, length)), file.string());
  bytes.remove_prefix(length);
  NamedTensors tensors;
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      tensors[name] = read_tensor(entry, bytes, cat(file.string(), ": ", name));
    }
  } catch (const Json::exception& e) {
    throw artefact_error(cat(file.string(), " has a damaged header: ", json_reason(e)));
  }
  return tensors;
}

void copy_tensors(const NamedTensors& from, NamedTensors& to, const std::string& what) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : from) {
    if (!to.contains(name)) throw artefact_error(cat(what, ": ", name, " is not in this model"));
  }
  for (auto& [name, tensor] : to) {
    const auto it = from.find(name);
    if (it == from.end()) throw artefact_error(cat(what, ": ", name, " is missing"));
    if (it->second.sizes() != tensor.sizes() || it->second.scalar_type() != tensor.scalar_type()) {
      throw artefact_error(cat(what, ": ", name, " has another shape than this model's"));
    }
  }
  for (auto& [name, tensor] : to) tensor.copy_(from.at(name));
}

}  // namespace marquee::models
