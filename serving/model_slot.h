// The model that answers, and how another takes its place: what is being answered keeps the model
// it began with, so that no answer mixes two.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "core/signature.h"
#include "inference/bundle.h"
#include "inference/runner.h"
#include "inference/title_search.h"
#include "serving/approximate_search.h"
#include "serving/pages/page.h"

namespace marquee::serving {

struct ModelOptions {
  inference::HistoryLookup lookup;
  std::string device = "cpu";
  configs::PageConfig page;
  PageSources sources;
  inference::Diversity diversity;
  inference::SeenRules seen;
  configs::RetrievalConfig retrieval;
  std::shared_ptr<const TrustedKeys> trusted;  // null: signatures are not checked
};

// A bundle that has been verified, loaded and warmed, with the titles that came and went since.
struct ServedModel {
  using Original = std::shared_ptr<const inference::Bundle>;

  // Throws Error as Bundle does.
  static std::unique_ptr<const ServedModel> open(const std::filesystem::path& path,
                                                 const ModelOptions& options,
                                                 const inference::TitleEdits& edits);
  // The same bundle with other edits.
  ServedModel(const ServedModel& other, const ModelOptions& options,
              const inference::TitleEdits& edits);

  const std::filesystem::path folder;
  const Original original;         // without edits
  const ApproximateSearch search;  // among its titles; later ones are all looked at
  const inference::Bundle bundle;
  const inference::Runner runner;
  const Pager pager;
  const inference::TitleSearch names;  // finds titles by them

 private:
  ServedModel(std::filesystem::path path, Original loaded, ApproximateSearch how,
              const ModelOptions& options, const inference::TitleEdits& edits);
};

// Safe to use from several threads.
class ModelSlot {
 public:
  using Model = std::shared_ptr<const ServedModel>;

  explicit ModelSlot(ModelOptions options) : options_(std::move(options)) {}

  // Loads aside, then swaps. Whatever goes wrong is thrown as Error, and the model stays. One at a
  // time.
  Model load(const std::filesystem::path& folder);

  // Another one beside it, to compare pages with; throws Error as load does.
  void compare_with(const std::filesystem::path& folder);

  // The same after `marquee check` has loaded the bundle in a process of its own, so that one that
  // breaks what loads it, or does not fit beside the model that serves, does not break the server.
  Model reload(const std::filesystem::path& folder);

  // These edits, and no others, from the next answer on, whatever the model.
  Model edit(inference::TitleEdits edits);

  // Back to the model before, if there was one; throws Error if not.
  Model roll_back();

  Model current() const;
  Model compared() const;  // null: none

 private:
  Model read(const std::filesystem::path& folder) const;
  Model swap_in(Model model);
  Model previous() const;

  const ModelOptions options_;
  std::mutex loading_;  // guards edits_, and is held while a model is made
  inference::TitleEdits edits_;
  mutable std::mutex mutex_;  // guards what follows; every request needs it, so never held for long
  Model current_, previous_, compared_;
};

}  // namespace marquee::serving
