#include "training/checkpoint.h"

#include <algorithm>
#include <cstdio>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::training {

namespace fs = std::filesystem;

Checkpoints::Checkpoints(fs::path folder, int keep, bool writes)
    : folder_(std::move(folder)), keep_(std::max(2, keep)) {
  if (!writes) return;
  std::error_code code;
  fs::create_directories(folder_, code);
  if (code) throw system_error(cat("cannot create ", folder_.string(), ": ", code.message()));
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with(".")) fs::remove_all(entry.path());
  }
}

std::vector<fs::path> Checkpoints::newest_first() const {
  std::vector<fs::path> found;
  if (!fs::exists(folder_)) return found;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with("step-")) found.push_back(entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

void Checkpoints::save(const Checkpoint& checkpoint) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%010ld", static_cast<long>(checkpoint.state.step));
  ArtefactWriter writer(folder_ / name, "checkpoint", /*overwrite=*/true);
  models::save_tensors(checkpoint.weights, writer.folder() / "model.safetensors");
  models::save_tensors(checkpoint.optimizer, writer.folder() / "optimizer.safetensors");
  write_file(writer.folder() / "state.json", checkpoint.state.to_json().dump(1) + "\n");
  writer.commit({{"step", checkpoint.state.step}, {"epoch", checkpoint.state.epoch}}, {});
  const auto found = newest_first();
  for (size_t i = static_cast<size_t>(keep_); i < found.size(); ++i) {
    // Renamed first, so that no checkpoint is ever incomplete.
    const fs::path aside = folder_ / ("." + found[i].filename().string() + ".old");
    fs::rename(found[i], aside);
    fs::remove_all(aside);
  }
  newest_ = (folder_.filename() / name).string();
}

std::optional<Checkpoint> Checkpoints::load_newest() {
  for (const auto& path : newest_first()) {
    try {
      const Artefact files(path, "checkpoint");
      Checkpoint checkpoint;
      const fs::path state = files.file("state.json");
      checkpoint.state = TrainingState::from_json(parse_json(read_file(state), state.string()));
      checkpoint.weights = models::load_tensors(files.file("model.safetensors"));
      checkpoint.optimizer = models::load_tensors(files.file("optimizer.safetensors"));
      newest_ = (folder_.filename() / path.filename()).string();
      return checkpoint;
    } catch (const Error& e) {
      log::warn(cat("skipping a damaged checkpoint: ", e.what()));
    }
  }
  return std::nullopt;
}

}  // namespace marquee::training
