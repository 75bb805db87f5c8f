// Retrieval for models that score every title: a user is the row of its scores.
#pragma once

#include "inference/retrieval/retrieval.h"

namespace marquee::inference {

class ScoreRows : public Retrieval {
 public:
  explicit ScoreRows(int64_t titles) : titles_(titles) {}

  int64_t width() const override { return titles_ + 1; }  // the score of padding is not read
  int64_t titles() const override { return titles_; }

  std::vector<std::vector<ScoredTitle>> search(std::span<const Query> queries,
                                               int k) const override;
  std::vector<std::vector<RankCounts>> rank(
      std::span<const Query> queries,
      std::span<const std::vector<uint32_t>> targets) const override;
  void score(std::span<const float> user, std::span<const uint32_t> titles,
             std::span<float> scores) const override;

 private:
  void check(const Query& query) const;
  void check(uint32_t title) const;

  int64_t titles_;
};

}  // namespace marquee::inference
