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
#include "models/export/methods.h"

namespace marquee::models {

namespace jit = torch::jit;

namespace {

constexpr double kTolerance = 1e-5;

// What surrounds the traced methods.
constexpr const char* kVectorMethods = R"(
def score(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor) -> Tensor:
    users = self.encode_user(history, signal, age)
    return torch.matmul(self.title_vectors[titles], users.unsqueeze(2)).squeeze(2)

def scores_of_all(self, history: Tensor, signal: Tensor, age: Tensor) -> Tensor:
    return torch.matmul(self.encode_user(history, signal, age), self.title_vectors.t())
)";

constexpr const char* kScoringMethods = R"(
def scores_of_all(self, history: Tensor, signal: Tensor, age: Tensor{takes_user}) -> Tensor:
    return self.score_all(history, signal, age{user})
)";

// Of a model that knows users by id: what is traced takes their numbers as its last input, and
// these may be called without.
constexpr const char* kUserMethods = R"(
def known(self, user: Optional[Tensor], history: Tensor) -> Tensor:
    if user is None:
        return torch.zeros_like(history[:, 0])
    return user

def score_all(self, history: Tensor, signal: Tensor, age: Tensor, user: Optional[Tensor] = None) -> Tensor:
    return self.score_all_for(history, signal, age, self.known(user, history))

def score(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor, user: Optional[Tensor] = None) -> Tensor:
    return self.score_for(history, signal, age, titles, self.known(user, history))

def contributions(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor, user: Optional[Tensor] = None) -> Tensor:
    return self.contributions_for(history, signal, age, titles, self.known(user, history))
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

// users: that a model knows by id, if it does.
Histories example_histories(int64_t batch, int64_t length, int64_t titles, int64_t users) {
  // Right-padded rows of every length from empty to full, with ages that fall over time.
  at::Tensor lengths = at::arange(batch).unsqueeze(1) * length / std::max<int64_t>(1, batch - 1);
  if (batch == 1) lengths.fill_(length);
  const at::Tensor mask = at::arange(length).unsqueeze(0).lt(lengths);
  Histories histories;
  histories.titles = at::randint(1, titles + 1, {batch, length}, at::kLong) * mask;
  histories.signals = at::rand({batch, length}) * mask;
  histories.ages = at::rand({batch, length}).mul(1e6).cumsum(1).flip(1) * mask;
  if (users > 0) histories.users = at::randint(0, users + 1, {batch}, at::kLong);
  return histories;
}

void check_close(const at::Tensor& eager, const at::Tensor& exported, const std::string& what) {
  const double scale = std::max(1.0, eager.abs().max().item<double>());
  if (eager.sizes() != exported.sizes() ||
      (eager - exported).abs().max().item<double>() > kTolerance * scale) {
    throw system_error(cat("export: the exported ", what,
                           " differs from that of the model; no bundle was written"));
  }
}

at::Tensor call(jit::Module& module, const char* method, const Histories& histories,
                const at::Tensor& titles = {}) {
  std::vector<jit::IValue> arguments = {histories.titles, histories.signals, histories.ages};
  if (titles.defined()) arguments.emplace_back(titles);
  if (histories.users.defined()) arguments.emplace_back(histories.users);
  return module.get_method(method)(std::move(arguments)).toTensor();
}

void verify_shape(Recommender& model, jit::Module& exported, const Histories& histories,
                  const at::Tensor& titles) {
  if (auto* vectors = dynamic_cast<VectorModel*>(&model)) {
    const at::Tensor table = model.title_vectors();
    const at::Tensor users = vectors->encode_user(histories, table);
    check_close(users, call(exported, "encode_user", histories), "encode_user");
    check_close(table.index({titles}).matmul(users.unsqueeze(2)).squeeze(2),
                call(exported, "score", histories, titles), "score");
  } else {
    const at::Tensor scores = dynamic_cast<ScoringModel&>(model).score_all(histories);
    check_close(scores, call(exported, "score_all", histories), "score_all");
    check_close(scores.gather(1, titles), call(exported, "score", histories, titles), "score");
  }
  if (auto* explainable = dynamic_cast<Explainable*>(&model)) {
    check_close(explainable->contributions(histories, titles, model.title_vectors()),
                call(exported, "contributions", histories, titles), "contributions");
  }
  if (auto* predictor = dynamic_cast<RatingPredictor*>(&model)) {
    check_close(predictor->predict_rating(histories, titles),
                call(exported, "predict_rating", histories, titles), "predict_rating");
  }
}

void verify(Recommender& model, const TorchScriptOptions& options,
            const std::filesystem::path& file) {
  jit::Module exported = jit::load(file.string(), at::kCPU);
  const int64_t shapes[][2] = {{1, 1}, {3, 2}, {2, options.max_history}, {17, options.max_history}};
  for (const auto& [batch, length] : shapes) {
    Histories histories = example_histories(batch, std::min(length, options.max_history),
                                            options.titles, options.users);
    const at::Tensor titles = at::randint(0, options.titles + 1, {batch, 4}, at::kLong);
    verify_shape(model, exported, histories, titles);
    if (options.users > 0) {
      histories.users = at::Tensor();
      verify_shape(model, exported, histories, titles);
    }
    if (options.feature_columns > 0) {
      const at::Tensor features = at::randint(0, 2, {batch, options.feature_columns}, at::kLong);
      check_close(dynamic_cast<VectorModel&>(model).encode_titles(features),
                  exported.get_method("encode_titles")({features}).toTensor(), "encode_titles");
    }
  }
}

// Adds the methods of a model to a module, traced or as source.
class Tracer {
 public:
  Tracer(Recommender& model, const TorchScriptOptions& options, jit::Module& module)
      : model_(model), options_(options), module_(module), knows_users_(options.users > 0) {
    const Histories h = example_histories(3, std::min<int64_t>(5, options.max_history),
                                          options.titles, options.users);
    inputs_ = {{"history", h.titles}, {"signal", h.signals}, {"age", h.ages}};
    with_titles_ = inputs_;
    with_titles_.emplace_back("titles", at::ones({3, 2}, at::kLong));
    for (Inputs* each : {&inputs_, &with_titles_}) {
      if (knows_users_) each->emplace_back("user", h.users);
    }
  }

  // → the names of the methods to keep.
  std::vector<std::string> trace() {
    if (auto* vectors = dynamic_cast<VectorModel*>(&model_)) trace_vectors(*vectors);
    if (auto* scores = dynamic_cast<ScoringModel*>(&model_)) trace_scores(*scores);
    if (auto* explainable = dynamic_cast<Explainable*>(&model_)) {
      add("contributions", with_titles_, [&](const Tensors& in) {
        return explainable->contributions(histories(in), in[3], vectors_);
      });
    }
    if (auto* predictor = dynamic_cast<RatingPredictor*>(&model_)) {
      add("predict_rating", with_titles_,
          [&](const Tensors& in) { return predictor->predict_rating(histories(in), in[3]); });
    }
    if (knows_users_) module_.define(kUserMethods);
    if (!vectors_.defined()) module_.define(filled(kScoringMethods, user_texts(knows_users_)));
    module_.define(filled(kForwardMethod, user_texts(knows_users_)));
    methods_.emplace_back("scores_of_all");
    return methods_;
  }

 private:
  using Inputs = std::vector<std::pair<std::string, at::Tensor>>;
  using Tensors = std::vector<at::Tensor>;

  Histories histories(const Tensors& in) const {
    return {in[0], in[1], in[2], knows_users_ ? in.back() : at::Tensor()};
  }

  // A method of histories; where users are known, kUserMethods calls what is traced.
  void add(const std::string& name, const Inputs& inputs, const Function& function) {
    add_traced(module_, knows_users_ ? name + "_for" : name, inputs, function);
    methods_.push_back(name);
  }

  void trace_vectors(VectorModel& model) {
    vectors_ = model.title_vectors().detach().clone();
    module_.register_buffer("title_vectors", vectors_);
    add("encode_user", inputs_,
        [&](const Tensors& in) { return model.encode_user(histories(in), vectors_); });
    if (options_.feature_columns > 0) {
      add_traced(module_, "encode_titles",
                 {{"content", at::ones({2, options_.feature_columns}, at::kLong)}},
                 [&](const Tensors& in) { return model.encode_titles(in[0]); });
      methods_.emplace_back("encode_titles");
    }
    module_.define(kVectorMethods);
    methods_.emplace_back("score");
  }

  void trace_scores(ScoringModel& model) {
    add("score_all", inputs_, [&](const Tensors& in) { return model.score_all(histories(in)); });
    add("score", with_titles_,
        [&](const Tensors& in) { return model.score_titles(histories(in), in[3]); });
  }

  Recommender& model_;
  const TorchScriptOptions& options_;
  jit::Module& module_;
  bool knows_users_;
  Inputs inputs_, with_titles_;
  at::Tensor vectors_;  // of titles; undefined: the model has none to take products with
  std::vector<std::string> methods_;
};

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
  const std::vector<std::string> methods = Tracer(model, options, module).trace();
  // Freezing drops what serving does not need: embeddings that are in the title vectors already.
  // LibTorch's own file writer ends the process when the disk is full, so it writes to memory.
  std::ostringstream bytes;
  jit::freeze(module, methods).save(bytes);
  write_file(file, bytes.str());
  verify(model, options, file);
}

}  // namespace marquee::models
