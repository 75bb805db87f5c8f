// Which of the candidates make the best list, where a title is worth less beside titles like it.
// All are greedy: title by title, from the first place on. Equal values are decided by the smaller
// index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace marquee::inference {

// Rows of vectors of one width.
class VectorTable {
 public:
  VectorTable(std::span<const float> values, size_t width) : values_(values), width_(width) {}

  std::span<const float> operator[](size_t row) const {
    return values_.subspan(row * width_, width_);
  }
  size_t rows() const { return width_ == 0 ? 0 : values_.size() / width_; }
  size_t width() const { return width_; }

 private:
  std::span<const float> values_;
  size_t width_;
};

// `relevance`: [n]; `vectors`: [n, width] of length 1 each, or 0 where nothing is known of a title.
// Rows behind these are of titles that come before the list, such as those that the user has just
// seen, oldest first. `diversity`: 0, relevance alone, to 1, diversity alone. → min(k, n) different
// indices, in the order of the list.

// Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): relevance against the largest
// cosine, or 0, to a title before it.
std::vector<uint32_t> marginal_relevance(std::span<const float> relevance,
                                         const VectorTable& vectors, size_t k, float diversity);

// Maximal sum of distances (Borodin, Lee & Ye, PODS 2012): relevance and the sum of 1 - cosine to
// the titles before it.
std::vector<uint32_t> sum_of_distances(std::span<const float> relevance, const VectorTable& vectors,
                                       size_t k, float diversity);

// Determinantal point process with the kernel quality_i · cosine_ij · quality_j: greedy search for
// the list of largest determinant (Chen, Zhang & Zhou, NeurIPS 2018). `quality`: [n], above 0;
// `similarity`: 0 to 1, what the cosines of different titles are multiplied with. With 1, a set of
// more titles than the vectors have dimensions has no determinant: what is left when no title adds
// to it follows by quality.
std::vector<uint32_t> determinantal(std::span<const float> quality, const VectorTable& vectors,
                                    size_t k, float similarity = 1);

// Sliding spectrum decomposition (Huang et al., KDD 2021, as stabilised in its equation 12):
// relevance and the length of what is left of the vector when its parts along the last titles, as
// many as the window has places, are taken out. The first title of a list that nothing comes before
// is the most relevant one.
std::vector<uint32_t> sliding_spectrum(std::span<const float> relevance, const VectorTable& vectors,
                                       size_t window, size_t k, float diversity);

}  // namespace marquee::inference
