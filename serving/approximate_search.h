// Whether a server looks at every title of its bundle for every request (configs::RetrievalConfig).
#pragma once

#include <cstdint>
#include <memory>

#include "configs/server_config.h"
#include "inference/bundle.h"
#include "inference/retrieval/title_clusters.h"

namespace marquee::serving {

struct ApproximateSearch {
  std::shared_ptr<const inference::TitleClusters> clusters;  // null: the search is exact
  double recall = 1;  // share of the exact best 100 that it finds, of members with drawn histories
};

// Clusters the titles and measures what the search finds, and says both, if the configuration wants
// that for a catalogue of this size and the model has vectors.
ApproximateSearch approximate_search(const inference::Bundle& bundle,
                                     const configs::RetrievalConfig& config);

// Bytes that this takes while a bundle is loaded, beside the bundle's own.
int64_t approximate_search_bytes(const Manifest& bundle, const configs::RetrievalConfig& config);

}  // namespace marquee::serving
