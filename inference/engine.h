// A bundle, open for answering, for other C++ programs: what Marquee::inference gives them
// (docs/embedding.md). It answers what `marquee recommend`, `predict` and `similar` answer.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inference/request.h"

namespace marquee::inference {

struct EngineOptions {
  std::string device = "cpu";          // or "cuda"
  std::filesystem::path trusted_keys;  // PEM file: only bundles that one of them signed; "": any
  HistoryLookup history;               // for requests that name a user; empty: they are errors
};

// Safe to use from several threads, if EngineOptions::history is. Answers of one call are computed
// together, on up to MARQUEE_THREADS threads (default: all usable processors).
class Engine {
 public:
  // Verifies the bundle and answers its golden requests. Throws Error: kArtefact for what is
  // damaged, does not fit or is not signed, kInput for a device that is not available.
  explicit Engine(const std::filesystem::path& bundle, EngineOptions options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  const std::string& name() const;  // "two_tower@3f2a91c0": model and short id of the bundle

  // One result a request, in order: an answer or the request's Error.
  std::vector<Result<Answer>> recommend(std::span<const Request> requests) const;
  std::vector<Result<PredictAnswer>> predict(std::span<const PredictRequest> requests) const;

  // One request; its Error is thrown.
  Answer recommend(const Request& request) const;
  PredictAnswer predict(const PredictRequest& request) const;

  // The k (1 to 1000) titles most similar to a title, best first. Throws Error for an unknown one.
  std::vector<AnsweredTitle> similar(const std::string& title_id, int k) const;

 private:
  struct Opened;
  std::unique_ptr<const Opened> opened_;
};

}  // namespace marquee::inference
