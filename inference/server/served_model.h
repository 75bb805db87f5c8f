// The model that answers, and how another takes its place: what is being answered keeps the model
// it began with, so that no answer mixes two.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "inference/bundle.h"
#include "inference/pages/page.h"
#include "inference/runner.h"
#include "inference/title_search.h"

namespace marquee::server {

struct ModelOptions {
  inference::HistoryLookup lookup;
  std::string device = "cpu";
  configs::PageConfig page;
};

// A bundle that has been verified, loaded and warmed.
struct ServedModel {
  // Throws Error as Bundle does.
  ServedModel(const std::filesystem::path& path, const ModelOptions& options);

  const std::filesystem::path folder;
  const inference::Bundle bundle;
  const inference::Runner runner;
  const pages::Pager pager;
  const inference::TitleSearch search;
};

// Safe to use from several threads.
class ModelSlot {
 public:
  using Model = std::shared_ptr<const ServedModel>;

  explicit ModelSlot(ModelOptions options) : options_(std::move(options)) {}

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
  const ModelOptions options_;
  std::mutex loading_;
  mutable std::mutex mutex_;
  Model current_, previous_;
};

}  // namespace marquee::server
