#include "inference/scripted_model.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include <mutex>
#include <optional>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::inference {

namespace {

// The line of an exception that says what happened, without traces of the interpreter.
std::string reason(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const c10::Error*>(&exception)) {
    return split(error->what_without_backtrace(), '\n').front();
  }
  const std::vector<std::string> lines = split(trim(exception.what()), '\n');
  return lines.empty() ? "no reason given" : lines.back();
}

// Profiling and the fuser compile again for every new shape, which costs far more than they save
// and can hang (docs/libtorch.md).
void configure_torch() {
  static std::once_flag once;
  std::call_once(once, [] {
    torch::jit::setTensorExprFuserEnabled(false);
    torch::jit::getProfilingMode() = false;
  });
  at::set_num_threads(thread_count());
}

// Only the CPU half of LibTorch is linked; the other half is in the same folder and registers
// itself when it is loaded. Returns why it could not be loaded, or nothing.
std::optional<std::string> load_cuda_half() {
  Dl_info linked{};
  std::string file = "libtorch_cuda.so";
  if (dladdr(reinterpret_cast<void*>(&torch::jit::setTensorExprFuserEnabled), &linked) != 0) {
    file = (std::filesystem::path(linked.dli_fname).parent_path() / file).string();
  }
  if (dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) return dlerror();
  return std::nullopt;
}

at::Device usable_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name != "cuda") throw Error(cat("--device ", in_quotes(name), ": must be cpu or cuda"));
  std::optional<std::string> problem = load_cuda_half();
  if (!problem && torch::cuda::device_count() == 0) problem = "the driver shows none";
  if (problem) {
    throw Error(cat("--device cuda: no CUDA device is usable: ", *problem, "; use --device cpu"));
  }
  return {at::kCUDA, 0};
}

torch::jit::Module load(const std::filesystem::path& file, at::Device device) {
  try {
    return torch::jit::load(file.string(), device);
  } catch (const std::exception& e) {
    throw artefact_error(cat(file.string(), " is no TorchScript module: ", reason(e)));
  }
}

bool knows_users(const torch::jit::Module& script) {
  const auto method = script.find_method("forward");
  return method && method->function().getSchema().argumentIndexWithName("user").has_value();
}

// A view of `values` as a [rows, columns] tensor on `device`.
template <typename T>
at::Tensor matrix(std::span<const T> values, int64_t rows, int64_t columns, at::Device device) {
  TORCH_CHECK(static_cast<int64_t>(values.size()) == rows * columns, "batch of a wrong size");
  return torch::from_blob(const_cast<T*>(values.data()), {rows, columns},
                          c10::CppTypeToScalarType<T>::value)
      .to(device);
}

}  // namespace

struct ScriptedModel::Module {
  std::filesystem::path file;
  at::Device device;
  torch::jit::Module script;
  bool takes_users;  // as the last argument of methods of histories

  // Calls a method of (history, signal, age) and, if `count` is not 0, titles [batch, count].
  std::vector<float> call(const char* method, const HistoryBatch& histories,
                          std::span<const int64_t> titles = {}, int64_t count = 0) const {
    const c10::InferenceMode guard;  // thread-local, so every call needs its own
    c10::IValue input;
    if (count > 0) input = matrix(titles, histories.batch, count, device);
    return rows(run(method, histories, std::move(input)), method, histories.batch, count);
  }

  // `input`: what follows the history among the arguments; none: nothing.
  c10::IValue run(const char* method, const HistoryBatch& histories, c10::IValue input) const {
    const auto history = [&]<typename T>(const std::vector<T>& values) {
      return matrix<T>(values, histories.batch, histories.length, device);
    };
    std::vector<c10::IValue> inputs = {history(histories.titles), history(histories.signals),
                                       history(histories.ages)};
    if (!input.isNone()) inputs.push_back(std::move(input));
    torch::jit::Kwargs named;
    if (takes_users && !histories.users.empty()) {
      named["user"] = matrix<int64_t>(histories.users, histories.batch, 1, device).squeeze(1);
    }
    return run(method, std::move(inputs), named);
  }

  c10::IValue run(const char* method, std::vector<c10::IValue> inputs,
                  const torch::jit::Kwargs& named = {}) const {
    try {
      return script.get_method(method)(std::move(inputs), named);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& e) {
      throw artefact_error(cat(file.string(), ": ", method, " failed: ", reason(e)));
    }
  }

  // The values of a [batch, columns] tensor; any number of columns if `columns` is 0.
  std::vector<float> rows(const c10::IValue& result, const char* method, int64_t batch,
                          int64_t columns) const {
    const at::Tensor tensor = result.toTensor().to(at::kCPU, at::kFloat).contiguous();
    if (tensor.dim() != 2 || tensor.size(0) != batch || tensor.size(1) < 1 ||
        (columns > 0 && tensor.size(1) != columns)) {
      std::ostringstream shape;
      shape << tensor.sizes();
      throw artefact_error(
          cat(file.string(), ": ", method, " gives ", shape.str(), " for a batch of ", batch));
    }
    const float* data = tensor.const_data_ptr<float>();
    return {data, data + tensor.numel()};
  }
};

ScriptedModel::ScriptedModel(const std::filesystem::path& file, const std::string& device) {
  configure_torch();
  const at::Device usable = usable_device(device);
  torch::jit::Module script = load(file, usable);
  const bool takes_users = knows_users(script);
  module_ = std::make_unique<Module>(Module{file, usable, std::move(script), takes_users});
}

ScriptedModel::~ScriptedModel() = default;
ScriptedModel::ScriptedModel(ScriptedModel&&) noexcept = default;

bool ScriptedModel::has_method(const std::string& name) const {
  return module_->script.find_method(name).has_value();
}

std::vector<float> ScriptedModel::encode_user(const HistoryBatch& histories) const {
  return module_->call("encode_user", histories);
}

std::vector<float> ScriptedModel::score_all(const HistoryBatch& histories) const {
  return module_->call("score_all", histories);
}

ScriptedModel::TopTitles ScriptedModel::forward(const HistoryBatch& histories, int64_t k) const {
  const c10::InferenceMode guard;
  const c10::IValue result = module_->run("forward", histories, torch::tensor(k));
  if (!result.isTuple() || result.toTupleRef().elements().size() != 2) {
    throw artefact_error(module_->file.string() + ": forward gives no scores and titles");
  }
  const auto& elements = result.toTupleRef().elements();
  TopTitles top{module_->rows(elements[0], "forward", histories.batch, k), {}};
  const at::Tensor titles = elements[1].toTensor().to(at::kCPU, at::kLong).contiguous();
  if (titles.numel() != static_cast<int64_t>(top.scores.size())) {
    throw artefact_error(module_->file.string() + ": forward gives scores and titles that differ");
  }
  const auto* first = titles.const_data_ptr<int64_t>();
  top.titles.assign(first, first + titles.numel());
  return top;
}

std::vector<float> ScriptedModel::encode_titles(std::span<const int64_t> feature_ids, int64_t count,
                                                int64_t columns, int64_t dim) const {
  const c10::InferenceMode guard;
  const auto result =
      module_->run("encode_titles", {matrix(feature_ids, count, columns, module_->device)});
  return module_->rows(result, "encode_titles", count, dim);
}

std::vector<float> ScriptedModel::score(const HistoryBatch& histories,
                                        std::span<const int64_t> titles, int64_t count) const {
  return module_->call("score", histories, titles, count);
}

std::vector<float> ScriptedModel::contributions(const HistoryBatch& histories,
                                                std::span<const int64_t> titles,
                                                int64_t count) const {
  const c10::InferenceMode guard;
  const at::Tensor added =
      module_
          ->run("contributions", histories, matrix(titles, histories.batch, count, module_->device))
          .toTensor();
  return module_->rows(added.flatten(1), "contributions", histories.batch,
                       count * histories.length);
}

std::vector<float> ScriptedModel::predict_rating(const HistoryBatch& histories,
                                                 std::span<const int64_t> titles,
                                                 int64_t count) const {
  return module_->call("predict_rating", histories, titles, count);
}

}  // namespace marquee::inference
