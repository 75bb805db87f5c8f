// The model that answers, and how another takes its place: what is being answered keeps the model
// it began with, so that no answer mixes two.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "inference/bundle.h"
#include "inference/runner.h"
#include "inference/title_search.h"

namespace marquee::server {

// A bundle that has been verified, loaded and warmed.
struct ServedModel {
  // Throws Error as Bundle does.
  ServedModel(const std::filesystem::path& path, const inference::HistoryLookup& lookup,
              const std::string& device);

  const std::filesystem::path folder;
  const inference::Bundle bundle;
  const inference::Runner runner;
  const inference::TitleSearch search;
};

// Safe to use from several threads.
class ModelSlot {
 public:
  using Model = std::shared_ptr<const ServedModel>;

  ModelSlot(inference::HistoryLookup lookup, std::string device)
      : lookup_(std::move(lookup)), device_(std::move(device)) {}

  // Loads aside, then swaps. Whatever goes wrong is thrown as Error, and the model stays. One at a
  // time.
  Model load(const std::filesystem::path& folder);

  // The same after `marquee check` has loaded the bundle in a process of its own, so that one that
  // breaks what loads it does not break the server.
  Model reload(const std::filesystem::path& folder);

  // Back to the model before, if there was one; throws Error if not.
  Model roll_back();

  Model current() const;

 private:
  const inference::HistoryLookup lookup_;
  const std::string device_;
  std::mutex loading_;
  mutable std::mutex mutex_;
  Model current_, previous_;
};

}  // namespace marquee::server
