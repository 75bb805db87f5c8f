#include "inference/retrieval/title_clusters.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "core/random.h"
#include "core/threads.h"
#include "inference/retrieval/near_best.h"
#include "inference/retrieval/title_bitmap.h"
#include "inference/retrieval/title_scan.h"

namespace marquee::inference {

namespace {

using Found = std::vector<ScoredTitle>;

constexpr int kRounds = 6;            // of k-means
constexpr int64_t kSamples = 64;      // titles that k-means looks at, for each cluster
constexpr int64_t kAssigned = 4'096;  // titles that are assigned at once

// About as many clusters as titles in two of them.
int64_t cluster_count(int64_t titles) {
  return std::max<int64_t>(1, std::llround(std::sqrt(2.0 * static_cast<double>(titles))));
}

void scale_to_one(std::span<float> vector) {
  double sum = 0;
  for (const float value : vector) sum += static_cast<double>(value) * value;
  const double length = std::sqrt(sum);
  if (length == 0) return;
  for (float& value : vector) value = static_cast<float>(value / length);
}

// Vectors [rows, dim] by directions: spherical k-means (Dhillon & Modha 2001) on a sample.
class Clustering {
 public:
  Clustering(std::span<const float> vectors, int dim)
      : vectors_(vectors), dim_(static_cast<size_t>(dim)), titles_(vectors.size() / dim_ - 1) {}

  // → the cluster of each title, from 0 on: [titles + 1]
  std::vector<uint32_t> run(int64_t clusters) {
    RandomStream random(1, "clusters");
    std::vector<uint32_t> order(titles_);
    std::iota(order.begin(), order.end(), 1U);
    const auto wanted = static_cast<size_t>(clusters);
    const size_t count = std::min(titles_, wanted * kSamples);
    for (size_t i = 0; i < count; ++i) std::swap(order[i], order[i + random.below(titles_ - i)]);
    order.resize(count);
    centres_.assign((wanted + 1) * dim_, 0);
    for (size_t c = 0; c < wanted; ++c) set_centre(c, vector(order[c]));
    for (int round = 0; round < kRounds; ++round) move_centres(order, assigned(order));
    std::vector<uint32_t> all(titles_);
    std::iota(all.begin(), all.end(), 1U);
    std::vector<uint32_t> clusters_of = assigned(all);
    clusters_of.insert(clusters_of.begin(), 0U);
    return clusters_of;
  }

 private:
  std::span<const float> vector(uint32_t title) const {
    return vectors_.subspan(title * dim_, dim_);
  }

  template <typename Values>
  void set_centre(size_t cluster, const Values& values) {
    const auto centre = std::span(centres_).subspan((cluster + 1) * dim_, dim_);
    std::copy(values.begin(), values.end(), centre.begin());
    scale_to_one(centre);
  }

  // The cluster of each of these titles.
  std::vector<uint32_t> assigned(std::span<const uint32_t> titles) const {
    const TitleIndex centres(centres_, static_cast<int>(dim_));
    std::vector<uint32_t> clusters(titles.size());
    for (size_t begin = 0; begin < titles.size(); begin += kAssigned) {
      const size_t count = std::min<size_t>(kAssigned, titles.size() - begin);
      std::vector<Query> queries(count);
      for (size_t i = 0; i < count; ++i) queries[i].user = vector(titles[begin + i]);
      const auto found = centres.search(queries, 1);
      for (size_t i = 0; i < count; ++i) clusters[begin + i] = found[i].front().title - 1;
    }
    return clusters;
  }

  void move_centres(std::span<const uint32_t> titles, std::span<const uint32_t> clusters) {
    std::vector<double> sums(centres_.size());
    for (size_t i = 0; i < titles.size(); ++i) {
      std::vector<float> unit(vector(titles[i]).begin(), vector(titles[i]).end());
      scale_to_one(unit);
      double* sum = sums.data() + clusters[i] * dim_;
      for (size_t d = 0; d < dim_; ++d) sum[d] += unit[d];
    }
    for (size_t c = 0; c + 1 < centres_.size() / dim_; ++c) {
      const auto sum = std::span(sums).subspan(c * dim_, dim_);
      const bool empty = std::ranges::all_of(sum, [](double value) { return value == 0; });
      if (!empty) set_centre(c, sum);
    }
  }

  const std::span<const float> vectors_;
  const size_t dim_, titles_;
  std::vector<float> centres_;  // [clusters + 1, dim], of length 1
};

bool has_coarse_scan() {
#if defined(__x86_64__)
  return best_instruction_set() >= InstructionSet::kAvx512Vnni;
#else
  return false;
#endif
}

}  // namespace

TitleClusters::TitleClusters(std::span<const float> vectors, int dim, double share)
    : titles_(static_cast<int64_t>(vectors.size()) / dim - 1), share_(share) {
  const int64_t count = cluster_count(titles_);
  const auto cluster_of = Clustering(vectors, dim).run(count);
  const auto width = static_cast<size_t>(dim);
  size_.assign(static_cast<size_t>(count), 0);
  std::vector<double> sums((static_cast<size_t>(count) + 1) * width);
  for (size_t title = 1; title < cluster_of.size(); ++title) {
    const size_t cluster = cluster_of[title];
    ++size_[cluster];
    for (size_t d = 0; d < width; ++d) {
      sums[(cluster + 1) * width + d] += vectors[title * width + d];
    }
  }
  std::vector<float> means(sums.size());
  first_slot_ = {kBlockTitles};  // the first block is of the padding
  for (size_t c = 0; c < size_.size(); ++c) {
    const int64_t blocks = (size_[c] + kBlockTitles - 1) / kBlockTitles;
    first_slot_.push_back(first_slot_.back() + blocks * kBlockTitles);
    for (size_t d = 0; d < width; ++d) {
      const size_t at = (c + 1) * width + d;
      means[at] =
          static_cast<float>(sums[at] / static_cast<double>(std::max<int64_t>(1, size_[c])));
    }
  }
  means_ = std::make_unique<const TitleIndex>(means, dim);
  title_in_.assign(static_cast<size_t>(first_slot_.back()), 0);
  std::vector<int64_t> next(first_slot_.begin(), first_slot_.end() - 1);
  for (size_t title = 1; title < cluster_of.size(); ++title) {
    title_in_[static_cast<size_t>(next[cluster_of[title]]++)] = static_cast<uint32_t>(title);
  }
  if (!has_coarse_scan()) return;
  std::vector<float> rows(title_in_.size() * width);
  for (size_t slot = 0; slot < title_in_.size(); ++slot) {
    const auto row = vectors.subspan(title_in_[slot] * width, width);
    if (title_in_[slot] != 0)
      std::ranges::copy(row, rows.begin() + static_cast<int64_t>(slot * width));
  }
  coarse_ = std::make_unique<const CoarseTitles>(rows, dim);
}

// One query's pass over clusters.
class TitleClusters::Search {
 public:
  Search(const TitleClusters& clusters, const Query& query, int k)
      : clusters_(clusters), query_(query) {
    if (clusters.coarse_) coarse_ = clusters.coarse_->query(query.user);
    if (!coarse_) return;
    near_.emplace(k, coarse_->margin);
    for (size_t g = 0; g < coarse_->values.size(); g += 4) {
      const int8_t* four = coarse_->values.data() + g;
      packed_.push_back(
          std::bit_cast<int32_t>(std::array<int8_t, 4>{four[0], four[1], four[2], four[3]}));
    }
  }

  int64_t eligible() const { return eligible_; }  // of those looked at: not fewer than so many

  void look_into(size_t cluster) {
    const int64_t first = clusters_.first_slot_[cluster];
    const int64_t end = first + clusters_.size_[cluster];
    if (!coarse_) {
      for (int64_t slot = first; slot < end; ++slot) add(slot);
      return;
    }
    scan(first / kBlockTitles, clusters_.first_slot_[cluster + 1] / kBlockTitles);
  }

  // Titles that may be among the best.
  std::vector<uint32_t> candidates() {
    if (!near_) return std::move(candidates_);
    std::vector<uint32_t> titles;
    for (const ScoredTitle& each : near_->found()) titles.push_back(each.title);
    return titles;
  }

 private:
  void add(int64_t slot) {
    const uint32_t title = clusters_.title_in_[static_cast<size_t>(slot)];
    if (title == 0 || !is_eligible(query_, title)) return;
    ++eligible_;
    candidates_.push_back(title);
  }

  void scan([[maybe_unused]] int64_t block, [[maybe_unused]] int64_t end) {
#if defined(__x86_64__)
    alignas(64) float scores[kStepTitles];
    alignas(64) uint32_t masks[kStepBlocks];
    const CoarseTitles& titles = *clusters_.coarse_;
    for (; block < end; block += kStepBlocks) {
      const auto blocks = static_cast<int>(std::min<int64_t>(kStepBlocks, end - block));
      float threshold = near_->threshold();
      if (kVnniCoarse.scan(titles.block(block), titles.scales(block), blocks, titles.groups(),
                           packed_.data(), 1, &coarse_->offset, &threshold, scores, masks) == 0) {
        continue;
      }
      for (int b = 0; b < blocks; ++b) {
        for_each_bit(masks[b], [&](int lane) {
          const auto slot = static_cast<size_t>((block + b) * kBlockTitles + lane);
          const uint32_t title = clusters_.title_in_[slot];
          if (title == 0 || !is_eligible(query_, title)) return;
          ++eligible_;
          near_->add(title, scores[b * kBlockTitles + lane]);
        });
      }
    }
#endif
  }

  const TitleClusters& clusters_;
  const Query& query_;
  std::optional<CoarseQuery> coarse_;
  std::vector<int32_t> packed_;
  std::optional<NearBest> near_;
  std::vector<uint32_t> candidates_;
  int64_t eligible_ = 0;
};

std::vector<ScoredTitle> TitleClusters::search(const Retrieval& exact, const Query& query,
                                               int k) const {
  check_bitmap(query, exact.titles());
  const Query all{query.user, {}, {}};
  Search search(*this, query, k);
  const auto least = static_cast<int64_t>(std::ceil(share_ * static_cast<double>(titles_)));
  int64_t looked_at = 0,
          ranked = std::min(
              clusters(), 16 + static_cast<int64_t>(4 * share_ * static_cast<double>(clusters())));
  for (int64_t next = 0; next < clusters();) {
    // The order of the best clusters, and of all of them if those are not enough.
    const auto order = means_->search({&all, 1}, static_cast<int>(ranked)).front();
    for (; next < ranked && (looked_at < least || search.eligible() < k); ++next) {
      const size_t cluster = order[static_cast<size_t>(next)].title - 1;
      search.look_into(cluster);
      looked_at += size_[cluster];
    }
    if (next < ranked || ranked == clusters()) break;
    ranked = clusters();
  }
  std::vector<uint32_t> candidates = search.candidates();
  for (int64_t later = titles_ + 1; later <= exact.titles(); ++later) {
    const auto title = static_cast<uint32_t>(later);
    if (is_eligible(query, title)) candidates.push_back(title);
  }
  std::vector<float> scores(candidates.size());
  exact.score(query.user, candidates, scores);
  Found best;
  for (size_t i = 0; i < candidates.size(); ++i) best.push_back({candidates[i], scores[i]});
  const auto end = best.begin() + std::min<std::ptrdiff_t>(k, std::ssize(best));
  std::partial_sort(best.begin(), end, best.end(), ranks_before);
  best.erase(end, best.end());
  return best;
}

double TitleClusters::recall(const Retrieval& exact, std::span<const Query> queries, int k) const {
  const auto wanted = exact.search(queries, k);
  std::vector<double> found(queries.size());
  parallel_for(std::ssize(queries), 1, [&](int64_t begin, int64_t) {
    const auto i = static_cast<size_t>(begin);
    const Found own = search(exact, queries[i], k);
    int64_t hits = 0;
    for (const ScoredTitle& title : wanted[i]) {
      hits += std::ranges::find(own, title.title, &ScoredTitle::title) != own.end();
    }
    found[i] =
        static_cast<double>(hits) / static_cast<double>(std::max<size_t>(1, wanted[i].size()));
  });
  return std::accumulate(found.begin(), found.end(), 0.0) /
         static_cast<double>(std::max<size_t>(1, queries.size()));
}

}  // namespace marquee::inference
