// Lists whose mix of kinds follows the member's own, and lists that show what is rarely shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace marquee::inference {

// Shares of kinds, [n, kinds]: each row sums to 1, or is 0 where nothing is known of the title.
class ShareTable {
 public:
  explicit ShareTable(size_t kinds) : kinds_(kinds) {}

  // A row in equal parts of these kinds.
  void add(std::span<const uint32_t> kinds);

  std::span<const double> operator[](size_t row) const {
    return std::span(values_).subspan(row * kinds_, kinds_);
  }
  size_t rows() const { return values_.size() / kinds_; }
  size_t kinds() const { return kinds_; }

  std::vector<double> mean() const;  // of rows that are known; 0 where none is

 private:
  size_t kinds_;
  std::vector<double> values_;
};

// How far the mix q of a list is from the mix p that is wanted: the Kullback-Leibler divergence of
// (1 - a) q + a p from p with a = 0.01, which keeps it finite (Steck, RecSys 2018).
double miscalibration(std::span<const double> wanted, std::span<const double> shown);

// Greedily the largest (1 - s) · relevance - s · miscalibration of the list (Steck 2018).
// `relevance`: [n]; `titles`: [n, kinds]; `wanted`: [kinds]. → min(k, n) indices, in order.
std::vector<uint32_t> calibrated_list(std::span<const float> relevance, const ShareTable& titles,
                                      std::span<const double> wanted, size_t k, float strength);

// Explicit diversification over kinds (xQuAD, Santos, Macdonald & Ounis, WWW 2010; for popularity
// Abdollahpouri, Burke & Mobasher 2019): greedily the largest (1 - s) · relevance + s · the sum
// over kinds of wanted · share of the title · what the list lacks of the kind.
std::vector<uint32_t> explicit_list(std::span<const float> relevance, const ShareTable& titles,
                                    std::span<const double> wanted, size_t k, float strength);

}  // namespace marquee::inference
