#include "inference/engine.h"

#include "core/signature.h"
#include "inference/open_bundle.h"
#include "inference/runner.h"

namespace marquee::inference {

namespace {

std::shared_ptr<const Bundle> open(const std::filesystem::path& folder,
                                   const EngineOptions& options) {
  if (options.trusted_keys.empty()) return open_bundle(folder, options.device);
  const TrustedKeys keys(options.trusted_keys);
  return open_bundle(folder, options.device, &keys);
}

template <typename T>
T only(std::vector<Result<T>> results) {
  if (const auto* error = std::get_if<Error>(&results.front())) throw *error;
  return std::get<T>(std::move(results.front()));
}

}  // namespace

struct Engine::Opened {
  std::shared_ptr<const Bundle> bundle;
  Runner runner;
};

Engine::Engine(const std::filesystem::path& bundle, EngineOptions options) {
  auto opened = open(bundle, options);
  const Bundle& answers = *opened;
  opened_.reset(
      new Opened{std::move(opened), Runner(answers, {.lookup = std::move(options.history)})});
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

const std::string& Engine::name() const { return opened_->bundle->name(); }

std::vector<Result<Answer>> Engine::recommend(std::span<const Request> requests) const {
  return opened_->runner.try_recommend(requests);
}

std::vector<Result<PredictAnswer>> Engine::predict(std::span<const PredictRequest> requests) const {
  return opened_->runner.try_predict(requests);
}

Answer Engine::recommend(const Request& request) const {
  return only(recommend(std::span(&request, 1)));
}

PredictAnswer Engine::predict(const PredictRequest& request) const {
  return only(predict(std::span(&request, 1)));
}

std::vector<AnsweredTitle> Engine::similar(const std::string& title_id, int k) const {
  return opened_->runner.similar(title_id, k);
}

}  // namespace marquee::inference
