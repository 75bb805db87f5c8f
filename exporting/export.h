// The exporting room: a finished run, or two bundles, become a bundle that can be served, and a
// bundle becomes another server's model repository or a
// table for a warehouse. Before a bundle appears, it is compared with
// the trained model and given golden requests. Start here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"

namespace marquee::exporting {

struct RunExportOptions {
  std::filesystem::path run;
  std::filesystem::path dataset;  // empty: the one that the run names
  std::filesystem::path out;
  std::vector<std::string> contexts = {};  // columns (contexts.h)
  bool overwrite = false;
};

// The dataset of the options, else the run's; throws Error if the run's is gone.
std::filesystem::path dataset_of(const RunExportOptions& options);

// Writes the bundle of a finished run, checked against the trained model, and returns its manifest.
Manifest export_run(const RunExportOptions& options);

struct TwoStageOptions {
  std::filesystem::path candidates, ranking;  // bundles
  int64_t count = 200;                        // candidates that are ranked
  std::filesystem::path out;
  bool overwrite = false;
};

// Throws Error (artefact) if the bundles were not made from the same dataset.
Manifest export_two_stage(const TwoStageOptions& options);

struct TritonOptions {
  std::filesystem::path bundle;
  std::filesystem::path out;
  bool overwrite = false;
};

struct TableOptions {
  std::filesystem::path bundle;
  std::filesystem::path out;
  bool overwrite = false;
};

// Writes titles.parquet: what a bundle knows of its titles, and their vectors, as they are served.
// Throws Error if this build cannot write Parquet.
Manifest export_titles(const TableOptions& options);

// Writes a bundle's module as a model repository of Triton: NAME/config.pbtxt, NAME/1/model.pt, and
// NAME/titles.csv, which lists the titles by index.
Manifest export_triton(const TritonOptions& options);

}  // namespace marquee::exporting
