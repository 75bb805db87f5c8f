// Ranks titles for users by index: the one scoring path of recommend, serve and evaluate.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "inference/bundle.h"
#include "inference/retrieval/title_clusters.h"

namespace marquee::inference {

// A user's history, the input of a model: events oldest first. Models use the newest max_history.
struct UserHistory {
  std::vector<uint32_t> titles;  // known titles only, 1..N
  std::vector<float> signals;    // data::EventWeights::signal
  std::vector<float> ages;       // seconds before the request
  int64_t user = 0;              // Bundle::user_number; 0: unknown
};

// Safe to use from several threads.
class Ranker {
 public:
  // The bundle must outlive the ranker. `batch_size`: most users encoded at once; fewer if
  // histories are long, so that memory stays bounded. clusters: of the bundle's titles, in which
  // search() looks instead of at all titles; null: it is exact.
  explicit Ranker(const Bundle& bundle, int batch_size = 256,
                  std::shared_ptr<const TitleClusters> clusters = nullptr);

  // Values of an encoded user: its vector, or its score of every title.
  int64_t width() const;

  // → [users, width], in the order of the users. Histories are batched by length, so that padding
  // costs little. A user's row does not depend on who shares the batch, up to rounding. Throws
  // Error (artefact) if the model gives a value that is not finite.
  std::vector<float> encode(std::span<const UserHistory> users) const;

  // Query::user is a row of encode(); see Retrieval for the rest.
  std::vector<std::vector<ScoredTitle>> search(std::span<const Query> queries, int k) const;
  std::vector<std::vector<RankCounts>> rank(std::span<const Query> queries,
                                            std::span<const std::vector<uint32_t>> targets) const;

  // Scores of single titles for one encoded user.
  void score(std::span<const float> user, std::span<const uint32_t> titles,
             std::span<float> scores) const;

  // Whether the model predicts ratings.
  bool predicts_ratings() const;
  // Ratings of each user's titles, in their order. Throws Error if the model predicts none.
  std::vector<std::vector<float>> predict_ratings(
      std::span<const UserHistory> users, std::span<const std::vector<uint32_t>> titles) const;

  // Whether the model says what each event of a history adds to a score.
  bool gives_contributions() const;
  // What the events that the model uses add to each of the user's titles: [titles, events], 0 for
  // titles added later. These are the newest max_history of the events with trained titles.
  std::vector<std::vector<float>> contributions(
      std::span<const UserHistory> users, std::span<const std::vector<uint32_t>> titles) const;

  // The titles most similar to `title`, without `title`, best first (BundleFacts::similarity).
  std::vector<ScoredTitle> similar(uint32_t title, int k) const;
  // The same for several titles in one pass, in their order.
  std::vector<std::vector<ScoredTitle>> similar(std::span<const uint32_t> titles, int k) const;

 private:
  using BatchBody = std::function<void(std::span<const size_t>, const HistoryBatch&)>;
  // titles: of each user, where the module gives a value for each of them and each event.
  void for_each_batch(std::span<const UserHistory> users, const BatchBody& body,
                      int64_t titles = 0) const;
  std::span<const UserHistory> trained_only(std::span<const UserHistory> users,
                                            std::vector<UserHistory>& room) const;
  const Retrieval& directions() const;
  std::vector<float> units_of(std::span<const uint32_t> titles) const;
  std::vector<float> histories_of(std::span<const uint32_t> titles) const;

  const Bundle& bundle_;
  int batch_size_;
  std::shared_ptr<const TitleClusters> clusters_;
  mutable std::once_flag directions_once_;
  mutable std::unique_ptr<Retrieval> directions_;  // vectors of length 1, made by similar()
};

}  // namespace marquee::inference
