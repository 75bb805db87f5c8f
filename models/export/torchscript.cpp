#include "models/export/torchscript.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/nn/module.h>
#include <torch/script.h>

#include <sstream>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee::models {

namespace jit = torch::jit;

namespace {

constexpr double kTolerance = 1e-5;

// What surrounds the traced encode_user. Seen titles and padding are never among the best.
constexpr const char* kMethods = R"(
def score(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor) -> Tensor:
    members = self.encode_user(history, signal, age)
    return torch.matmul(self.title_vectors[titles], members.unsqueeze(2)).squeeze(2)

def forward(self, history: Tensor, signal: Tensor, age: Tensor, k: Tensor) -> Tuple[Tensor, Tensor]:
    members = self.encode_user(history, signal, age)
    scores = torch.matmul(members, self.title_vectors.t())
    scores = scores.scatter(1, history, float("-inf"))
    scores[:, 0] = float("-inf")
    best = torch.topk(scores, min(int(k.max().item()), scores.size(1) - 1), 1)
    return best[0], best[1]
)";

// The same tree of weights as scripted modules; the tensors are shared, not copied.
jit::Module mirror(const torch::nn::Module& source,
                   const std::shared_ptr<jit::CompilationUnit>& unit, const std::string& name) {
  jit::Module copy(c10::QualifiedName(name), unit, /*shouldMangle=*/true);
  for (const auto& item : source.named_parameters(/*recurse=*/false)) {
    copy.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
  }
  for (const auto& item : source.named_buffers(/*recurse=*/false)) {
    copy.register_buffer(item.key(), item.value());
  }
  for (const auto& item : source.named_children()) {
    copy.register_module(item.key(), mirror(*item.value(), unit, name + "_" + item.key()));
  }
  return copy;
}

using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

void add_traced(jit::Module& module, const std::string& name,
                const std::vector<std::pair<std::string, at::Tensor>>& inputs,
                const Function& function) {
  jit::Stack stack;
  for (const auto& input : inputs) stack.emplace_back(input.second);
  const auto traced = jit::tracer::trace(
      stack,
      [&](jit::Stack arguments) -> jit::Stack {
        std::vector<at::Tensor> tensors;
        for (const auto& argument : arguments) tensors.push_back(argument.toTensor());
        return {function(tensors)};
      },
      [](const at::Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false,
      &module);
  const auto& graph = traced.first->graph;
  for (size_t i = 0; i < inputs.size(); ++i) graph->inputs()[i + 1]->setDebugName(inputs[i].first);
  const auto unit = module._ivalue()->compilation_unit();
  const c10::QualifiedName full_name(*module.type()->name(), name);
  module.type()->addMethod(unit->create_function(full_name, graph, /*shouldMangle=*/false));
}

Histories example_histories(int64_t batch, int64_t length, int64_t titles) {
  // Right-padded rows of every length from empty to full, with ages that fall over time.
  at::Tensor lengths = at::arange(batch).unsqueeze(1) * length / std::max<int64_t>(1, batch - 1);
  if (batch == 1) lengths.fill_(length);
  const at::Tensor told = at::arange(length).unsqueeze(0).lt(lengths);
  Histories histories;
  histories.titles = at::randint(1, titles + 1, {batch, length}, at::kLong) * told;
  histories.signals = at::rand({batch, length}) * told;
  histories.ages = at::rand({batch, length}).mul(1e6).cumsum(1).flip(1) * told;
  return histories;
}

std::vector<jit::IValue> inputs_of(const Histories& h) { return {h.titles, h.signals, h.ages}; }

void check_close(const at::Tensor& eager, const at::Tensor& exported, const std::string& what) {
  const double scale = std::max(1.0, eager.abs().max().item<double>());
  if (eager.sizes() != exported.sizes() ||
      (eager - exported).abs().max().item<double>() > kTolerance * scale) {
    throw system_error(cat("export: the exported ", what,
                           " does not give what the model gives; no bundle was written"));
  }
}

void verify(Recommender& model, const TorchScriptOptions& options,
            const std::filesystem::path& file) {
  jit::Module exported = jit::load(file.string(), at::kCPU);
  const at::Tensor vectors = model.title_vectors();
  const int64_t titles = vectors.size(0) - 1;
  const int64_t shapes[][2] = {{1, 1}, {3, 2}, {2, options.max_history}, {17, options.max_history}};
  for (const auto& [batch, length] : shapes) {
    const Histories histories =
        example_histories(batch, std::min(length, options.max_history), titles);
    const at::Tensor members = model.encode_user(histories, vectors);
    check_close(members, exported.get_method("encode_user")(inputs_of(histories)).toTensor(),
                "encode_user");
    const at::Tensor some = at::randint(0, titles + 1, {batch, 4}, at::kLong);
    auto arguments = inputs_of(histories);
    arguments.emplace_back(some);
    check_close(vectors.index({some}).matmul(members.unsqueeze(2)).squeeze(2),
                exported.get_method("score")(arguments).toTensor(), "score");
    if (options.content_columns > 0) {
      const at::Tensor content = at::randint(0, 2, {batch, options.content_columns}, at::kLong);
      check_close(model.encode_titles(content),
                  exported.get_method("encode_titles")({content}).toTensor(), "encode_titles");
    }
  }
}

}  // namespace

void export_torchscript(Recommender& model, const TorchScriptOptions& options,
                        const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  // Its code generation can hang for minutes on small loops (docs/libtorch.md).
  jit::setTensorExprFuserEnabled(false);
  jit::getProfilingMode() = false;
  model.module().eval();
  const auto unit = std::make_shared<jit::CompilationUnit>();
  jit::Module module = mirror(model.module(), unit, "__torch__.marquee.Model");
  const at::Tensor vectors = model.title_vectors().detach().clone();
  module.register_buffer("title_vectors", vectors);

  const Histories example =
      example_histories(3, std::min<int64_t>(5, options.max_history), vectors.size(0) - 1);
  add_traced(module, "encode_user",
             {{"history", example.titles}, {"signal", example.signals}, {"age", example.ages}},
             [&](const std::vector<at::Tensor>& in) {
               return model.encode_user({in[0], in[1], in[2]}, vectors);
             });
  std::vector<std::string> methods = {"encode_user", "score"};
  if (options.content_columns > 0) {
    add_traced(module, "encode_titles",
               {{"content", at::ones({2, options.content_columns}, at::kLong)}},
               [&](const std::vector<at::Tensor>& in) { return model.encode_titles(in[0]); });
    methods.emplace_back("encode_titles");
  }
  module.define(kMethods);
  // Freezing drops what serving does not need: embeddings that are in the title vectors already.
  // LibTorch's own file writer ends the process when the disk is full, so it writes to memory.
  std::ostringstream bytes;
  jit::freeze(module, methods).save(bytes);
  write_file(file, bytes.str());
  verify(model, options, file);
}

}  // namespace marquee::models
