#include "serving/approximate_search.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/log.h"
#include "core/random.h"
#include "core/text.h"
#include "inference/bundle_files.h"
#include "inference/ranker.h"

namespace marquee::serving {

namespace {

constexpr int kBest = 100;
constexpr size_t kMembers = 256, kEvents = 20;

// Histories of titles drawn by how often they were watched, each once more than it was.
std::vector<inference::UserHistory> drawn_histories(const inference::Bundle& bundle) {
  RandomStream random(1, "recall");
  std::vector<double> watches = {0};  // of the titles up to each
  for (int64_t title = 1; title <= bundle.titles().size(); ++title) {
    watches.push_back(watches.back() + static_cast<double>(bundle.titles()[title].popularity) + 1);
  }
  std::vector<inference::UserHistory> members(kMembers);
  for (inference::UserHistory& member : members) {
    for (size_t i = 0; i < kEvents; ++i) {
      const auto drawn = std::ranges::upper_bound(watches, random.uniform() * watches.back());
      member.titles.push_back(static_cast<uint32_t>(drawn - watches.begin()));
      member.signals.push_back(1);
      member.ages.push_back(0);
    }
  }
  return members;
}

double recall_of(const inference::TitleClusters& clusters, const inference::Bundle& bundle) {
  const inference::Ranker ranker(bundle);
  const auto members = drawn_histories(bundle);
  const std::vector<float> rows = ranker.encode(members);
  const auto width = static_cast<size_t>(ranker.width());
  std::vector<inference::Query> queries(members.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    queries[i].user = std::span(rows).subspan(i * width, width);
  }
  return clusters.recall(bundle.retrieval(), queries, kBest);
}

}  // namespace

ApproximateSearch approximate_search(const inference::Bundle& bundle,
                                     const configs::RetrievalConfig& config) {
  if (config.index == "exact" || bundle.titles().size() < config.from_titles) return {};
  if (bundle.facts().scoring != inference::Scoring::kVectors) {
    log::warn(cat("retrieval.index: ", bundle.name(), " scores titles without vectors; the search ",
                  "is exact"));
    return {};
  }
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  ApproximateSearch search;
  search.clusters = std::make_shared<const inference::TitleClusters>(
      bundle.vectors(), bundle.facts().dim, config.share);
  search.recall = recall_of(*search.clusters, bundle);
  log::info(cat("approximate search: ", grouped(search.clusters->clusters()), " clusters, ",
                general(100 * config.share, 3), " % of the titles looked at, recall@", kBest, " ",
                fixed(search.recall, 3), ", ready after ",
                human_duration(std::chrono::duration<double>(Clock::now() - start).count())));
  return search;
}

int64_t approximate_search_bytes(const Manifest& bundle, const configs::RetrievalConfig& config) {
  const auto vectors = std::ranges::find(bundle.files, inference::kVectorsFile, &FileEntry::path);
  if (config.index == "exact" || vectors == bundle.files.end()) return 0;
  // The vectors in the order of the clusters, for a while, and a byte for each of their values.
  const auto bytes = static_cast<int64_t>(vectors->size);
  return bytes + bytes / int64_t{sizeof(float)};
}

}  // namespace marquee::serving
