// A file of its own, so that commands which read a run's manifest alone link no LibTorch.
#include "core/error.h"
#include "training/train.h"

namespace marquee::training {

Manifest read_finished_run(const std::filesystem::path& run) {
  Manifest manifest = read_manifest(run, kRunKind);
  if (manifest.fact<bool>("finished")) return manifest;
  throw artefact_error(run.string() + " is not finished; go on with `marquee train --resume`");
}

}  // namespace marquee::training
