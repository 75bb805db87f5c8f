// What makes bundles: `marquee export` of a run or of two bundles as one, and whoever needs the
// same.
#pragma once

#include <filesystem>
#include <vector>

#include "core/artefact.h"

namespace marquee::cli {

struct RunExport {
  std::filesystem::path run;
  std::filesystem::path dataset;  // empty: where the run says it was
  std::filesystem::path out;
  bool overwrite = false;
};

// Writes the bundle of a finished run, checked against the trained model, and returns its manifest.
Manifest export_run(const RunExport& options);

struct TwoStageOptions {
  std::filesystem::path candidates, ranking;
  int64_t count = 200;
};

// Throws Error (artefact) if the bundles were not made from the same dataset.
void export_two_stage(const TwoStageOptions& options, const std::filesystem::path& out,
                      bool overwrite);

// Writes a bundle's module as a model repository of Triton: NAME/config.pbtxt, NAME/1/model.pt, and
// NAME/titles.csv, which says what the title indices are.
void export_triton(const std::filesystem::path& bundle, const std::filesystem::path& out,
                   bool overwrite);

// Adds golden.json to a bundle that stands aside otherwise whole: a new member, one title, several,
// an id that is not there, answered by the bundle itself.
void write_golden(const std::filesystem::path& folder, const Json& facts,
                  const std::vector<Source>& sources);

}  // namespace marquee::cli
