#include "inference/diversity/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "inference/feature_similarity.h"

namespace marquee::inference {

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr float kLeastGain = 1e-6F;  // of a determinant, as a share of the title's own part

// Cosines of titles. Of a title of which nothing is known the cosines are half: neither like others
// nor unlike them.
class Similarity {
 public:
  explicit Similarity(const VectorTable& vectors) : vectors_(vectors), known_(vectors.rows()) {
    for (size_t i = 0; i < known_.size(); ++i) known_[i] = dot(vectors[i], vectors[i]) > 0;
  }

  float operator()(size_t a, size_t b) const {
    if (known_[a] == 0 || known_[b] == 0) return 0.5F;
    return std::clamp(dot(vectors_[a], vectors_[b]), -1.0F, 1.0F);
  }

 private:
  const VectorTable& vectors_;
  std::vector<char> known_;
};

// The rows of `vectors` behind those of the n candidates.
std::vector<uint32_t> titles_before(size_t n, const VectorTable& vectors) {
  std::vector<uint32_t> rows(vectors.rows() - std::min(n, vectors.rows()));
  std::iota(rows.begin(), rows.end(), static_cast<uint32_t>(n));
  return rows;
}

uint32_t first_largest(std::span<const float> values) {
  return static_cast<uint32_t>(std::ranges::max_element(values) - values.begin());
}

// Candidates by a bound of what each is worth now. Where no title is worth more beside more titles,
// what it was worth is such a bound: only those that come to the top have to be computed anew
// (Minoux 1978).
class LazyQueue {
 public:
  explicit LazyQueue(std::span<const float> bounds) {
    for (size_t i = 0; i < bounds.size(); ++i) {
      heap_.push_back({bounds[i], static_cast<uint32_t>(i)});
    }
    std::ranges::make_heap(heap_, below);
  }

  // The best one, which leaves the queue. worth(i) is its value now, whose bound is `bound`.
  template <typename Worth>
  uint32_t take(const Worth& worth) {
    while (true) {
      std::ranges::pop_heap(heap_, below);
      Entry& top = heap_.back();
      const float now = worth(top.index);
      const bool is_best = heap_.size() == 1 || !below({now, top.index}, heap_.front());
      if (is_best) {
        const uint32_t index = top.index;
        heap_.pop_back();
        return index;
      }
      top.bound = now;
      std::ranges::push_heap(heap_, below);
    }
  }

 private:
  struct Entry {
    float bound;
    uint32_t index;
  };
  static bool below(const Entry& a, const Entry& b) {
    return a.bound < b.bound || (a.bound == b.bound && a.index > b.index);
  }
  std::vector<Entry> heap_;
};

}  // namespace

std::vector<uint32_t> marginal_relevance(std::span<const float> relevance,
                                         const VectorTable& vectors, size_t k, float diversity) {
  const size_t n = relevance.size();
  std::vector<float> nearest(n), bounds(n);
  std::vector<size_t> seen(n);  // titles of the list that `nearest` knows
  for (size_t i = 0; i < n; ++i) bounds[i] = (1 - diversity) * relevance[i];
  const Similarity similarity(vectors);
  std::vector<uint32_t> chosen = titles_before(n, vectors);
  const size_t before = chosen.size();
  const auto worth = [&](uint32_t i) {
    for (; seen[i] < chosen.size(); ++seen[i]) {
      nearest[i] = std::max(nearest[i], similarity(i, chosen[seen[i]]));
    }
    return bounds[i] - diversity * nearest[i];
  };
  // With diversity alone the first is the most relevant one still.
  if (diversity == 1 && n > 0 && before == 0) bounds[first_largest(relevance)] = 1;
  LazyQueue queue(bounds);
  while (chosen.size() < before + std::min(k, n)) chosen.push_back(queue.take(worth));
  chosen.erase(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(before));
  return chosen;
}

// The sum of distances grows with the list, so that there is no bound; but it is one product with
// the sum of the list's vectors.
std::vector<uint32_t> sum_of_distances(std::span<const float> relevance, const VectorTable& vectors,
                                       size_t k, float diversity) {
  const size_t n = relevance.size();
  std::vector<uint32_t> chosen;
  if (n == 0 || k == 0) return chosen;
  const Similarity similarity(vectors);
  std::vector<float> distance(n);
  std::vector<char> taken(n);
  const auto next = [&] {
    uint32_t best = 0;
    float most = kNever;
    for (size_t i = 0; i < n; ++i) {
      if (taken[i] != 0) continue;
      const float worth = (1 - diversity) * relevance[i] + diversity * distance[i];
      if (worth <= most && most != kNever) continue;
      most = worth;
      best = static_cast<uint32_t>(i);
    }
    return best;
  };
  const auto add = [&](uint32_t title) {
    for (size_t i = 0; i < n; ++i) {
      if (taken[i] == 0) distance[i] += 1 - similarity(i, title);
    }
  };
  const auto before = titles_before(n, vectors);
  for (const uint32_t title : before) add(title);
  chosen.push_back(before.empty() ? first_largest(relevance) : next());
  while (true) {
    taken[chosen.back()] = 1;
    if (chosen.size() == std::min(k, n)) return chosen;
    add(chosen.back());
    chosen.push_back(next());
  }
}

std::vector<uint32_t> determinantal(std::span<const float> quality, const VectorTable& vectors,
                                    size_t k, float similarity) {
  const size_t n = quality.size(), all = vectors.rows(), places = std::min(k, n);
  if (places == 0) return {};
  const size_t most = places + all - n;
  std::vector<uint32_t> chosen;
  // Rows of the Cholesky factor of the kernel, as far as they are known; what is left of its
  // diagonal is what a title adds to the determinant.
  std::vector<float> factor(all * most), left(all), roots;
  std::vector<size_t> known(all);
  const auto row_of = [&](uint32_t i) { return std::span(factor).subspan(i * most, most); };
  // What titles before the list take away from it does not depend on their quality.
  const auto quality_of = [&](uint32_t i) { return i < n ? quality[i] : 1; };
  for (uint32_t i = 0; i < all; ++i) left[i] = quality_of(i) * quality_of(i);
  const std::vector<float> own = left;
  const auto worth = [&](uint32_t i) {
    const auto row = row_of(i);
    for (size_t& j = known[i]; j < chosen.size(); ++j) {
      const uint32_t other = chosen[j];
      const float kernel =
          similarity * quality_of(i) * quality_of(other) * dot(vectors[i], vectors[other]);
      row[j] = (kernel - dot(row.first(j), row_of(other).first(j))) / roots[j];
      left[i] -= row[j] * row[j];
    }
    return left[i] > kLeastGain * own[i] ? left[i] : 0;
  };
  const auto add = [&](uint32_t title) {
    if (worth(title) == 0) return false;
    roots.push_back(std::sqrt(left[title]));
    chosen.push_back(title);
    return true;
  };
  for (const uint32_t title : titles_before(n, vectors)) add(title);
  const size_t before = chosen.size();
  LazyQueue queue{std::span(left).first(n)};
  while (chosen.size() < before + places && add(queue.take(worth))) {
  }
  chosen.erase(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(before));
  if (chosen.size() == places) return chosen;
  std::vector<char> taken(n);
  for (const uint32_t i : chosen) taken[i] = 1;
  std::vector<uint32_t> rest;
  for (uint32_t i = 0; i < n; ++i) {
    if (taken[i] == 0) rest.push_back(i);
  }
  std::ranges::stable_sort(rest, std::greater{}, [&](uint32_t i) { return quality[i]; });
  rest.resize(places - chosen.size());
  chosen.insert(chosen.end(), rest.begin(), rest.end());
  return chosen;
}

namespace {

// The last titles before the next one, as orthogonal directions, and how much of each candidate's
// vector is not along any of them.
class SlidingSpectrum {
 public:
  SlidingSpectrum(const VectorTable& vectors, size_t window)
      : vectors_(vectors), window_(window), left_(vectors.rows()) {
    // A constant of 1 beside each vector (the paper's section 5.3).
    for (size_t i = 0; i < left_.size(); ++i) left_[i] = dot(vectors_[i], vectors_[i]) + 1;
  }

  void add(std::span<const float> vector) {
    if (directions_.size() == window_) forget_oldest();
    Direction direction{{vector.begin(), vector.end()}, 1, std::vector<float>(left_.size())};
    for (const Direction& other : directions_) {
      const float part = dot(vector, other.vector) + other.constant;
      for (size_t i = 0; i < vector.size(); ++i) direction.vector[i] -= part * other.vector[i];
      direction.constant -= part * other.constant;
    }
    const float length = std::sqrt(dot(direction.vector, direction.vector) +
                                   direction.constant * direction.constant);
    const float scale = length > kLeast ? 1 / length : 0;  // 0: it is along the others
    for (float& each : direction.vector) each *= scale;
    direction.constant *= scale;
    for (size_t i = 0; i < left_.size(); ++i) {
      const float part = dot(vectors_[i], direction.vector) + direction.constant;
      direction.parts[i] = part;
      left_[i] -= part * part;
    }
    directions_.push_back(std::move(direction));
  }

  float length_left(size_t i) const { return std::sqrt(std::max(0.0F, left_[i])); }

 private:
  static constexpr float kLeast = 1e-4F;

  struct Direction {
    std::vector<float> vector;
    float constant;
    std::vector<float> parts;  // of each candidate
  };

  void forget_oldest() {
    const Direction& oldest = directions_.front();
    for (size_t i = 0; i < left_.size(); ++i) left_[i] += oldest.parts[i] * oldest.parts[i];
    directions_.erase(directions_.begin());
  }

  const VectorTable& vectors_;
  size_t window_;
  std::vector<float> left_;  // squared lengths
  std::vector<Direction> directions_;
};

}  // namespace

std::vector<uint32_t> sliding_spectrum(std::span<const float> relevance, const VectorTable& vectors,
                                       size_t window, size_t k, float diversity) {
  const size_t n = relevance.size();
  std::vector<uint32_t> chosen;
  if (n == 0 || k == 0) return chosen;
  SlidingSpectrum spectrum(vectors, std::max<size_t>(1, window));
  const auto before = titles_before(n, vectors);
  const size_t seen = std::min(before.size(), window);
  for (const uint32_t title : std::span(before).last(seen)) spectrum.add(vectors[title]);
  std::vector<char> taken(n);
  while (true) {
    uint32_t next = 0;
    float best = kNever;
    for (size_t i = 0; i < n; ++i) {
      if (taken[i] != 0) continue;
      const bool first = chosen.empty() && seen == 0;
      const float worth =
          first ? relevance[i]
                : (1 - diversity) * relevance[i] + diversity * spectrum.length_left(i);
      if (worth <= best && best != kNever) continue;
      best = worth;
      next = static_cast<uint32_t>(i);
    }
    chosen.push_back(next);
    taken[next] = 1;
    if (chosen.size() == std::min(k, n)) return chosen;
    spectrum.add(vectors[next]);
  }
}

}  // namespace marquee::inference
