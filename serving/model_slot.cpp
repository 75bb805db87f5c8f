#include "serving/model_slot.h"

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "inference/open_bundle.h"
#include "serving/bundle_check.h"

namespace marquee::serving {

namespace {

// A first answer of each size costs more than those that follow it.
void warm(const inference::Runner& runner) {
  for (const size_t batch : {1, 2, 8, 32}) {
    std::vector<inference::Request> requests(batch);
    for (int round = 0; round < 2; ++round) runner.recommend(requests);
  }
}

}  // namespace

ServedModel::ServedModel(std::filesystem::path path, Original loaded, ApproximateSearch how,
                         const ModelOptions& options, const inference::TitleEdits& edits)
    : folder(std::move(path)),
      original(std::move(loaded)),
      search(std::move(how)),
      bundle(*original, edits),
      runner(bundle, {options.lookup, options.diversity, options.seen, search.clusters}),
      pager(runner, options.page, options.sources),
      names(bundle.titles()) {}

std::unique_ptr<const ServedModel> ServedModel::open(const std::filesystem::path& path,
                                                     const ModelOptions& options,
                                                     const inference::TitleEdits& edits) {
  Original loaded = inference::open_bundle(path, options.device, options.trusted.get());
  ApproximateSearch how = approximate_search(*loaded, options.retrieval);
  std::unique_ptr<const ServedModel> model(
      new ServedModel(path, std::move(loaded), std::move(how), options, edits));
  warm(model->runner);
  return model;
}

ServedModel::ServedModel(const ServedModel& other, const ModelOptions& options,
                         const inference::TitleEdits& edits)
    : ServedModel(other.folder, other.original, other.search, options, edits) {}

ModelSlot::Model ModelSlot::read(const std::filesystem::path& folder) const {
  return ServedModel::open(folder, options_, edits_);
}

ModelSlot::Model ModelSlot::swap_in(Model model) {
  const std::lock_guard lock(mutex_);
  previous_ = std::exchange(current_, model);
  log::info(cat("serving ", model->bundle.name()));
  return model;
}

ModelSlot::Model ModelSlot::load(const std::filesystem::path& folder) {
  const std::lock_guard one_at_a_time(loading_);
  return swap_in(read(folder));
}

void ModelSlot::compare_with(const std::filesystem::path& folder) {
  const std::lock_guard one_at_a_time(loading_);
  const auto model = read(folder);
  const std::lock_guard lock(mutex_);
  compared_ = model;
  log::info(cat("comparing with ", model->bundle.name()));
}

ModelSlot::Model ModelSlot::edit(inference::TitleEdits edits) {
  const std::lock_guard one_at_a_time(loading_);
  const auto edited = [&](const Model& before) -> Model {
    return before ? std::make_shared<const ServedModel>(*before, options_, edits) : nullptr;
  };
  const Model model = edited(current()), other = edited(compared());
  edits_ = std::move(edits);
  const std::lock_guard lock(mutex_);
  current_ = model;
  compared_ = other;
  return model;
}

ModelSlot::Model ModelSlot::reload(const std::filesystem::path& folder) {
  const Manifest manifest = read_manifest(folder, inference::kBundleKind, options_.trusted.get());
  const int64_t needed =
      check_in_child(folder) + approximate_search_bytes(manifest, options_.retrieval);
  const std::lock_guard one_at_a_time(loading_);
  require_memory(folder, needed, available_memory());
  const Model model = read(folder);
  if (model->bundle.manifest().sha256 != manifest.sha256) {
    throw Error(cat(folder.string(), " was replaced while it was checked; reload again"));
  }
  return swap_in(model);
}

ModelSlot::Model ModelSlot::roll_back() {
  const std::lock_guard one_at_a_time(loading_);
  const Model before = previous();
  if (!before) throw Error("there is no model to roll back to: none was replaced yet");
  // Made again outside of mutex_, which every request needs: titles may have been edited since.
  return swap_in(std::make_shared<const ServedModel>(*before, options_, edits_));
}

ModelSlot::Model ModelSlot::previous() const {
  const std::lock_guard lock(mutex_);
  return previous_;
}

ModelSlot::Model ModelSlot::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

ModelSlot::Model ModelSlot::compared() const {
  const std::lock_guard lock(mutex_);
  return compared_;
}

}  // namespace marquee::serving
