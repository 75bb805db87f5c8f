#include "training/validation.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/random.h"
#include "inference/retrieval/ranking_metrics.h"
#include "inference/retrieval/score_rows.h"
#include "inference/retrieval/top_k.h"

namespace marquee::training {

namespace {
constexpr size_t kBatch = 256;
constexpr int kCutOff = 10;

std::span<const float> values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}
}  // namespace

models::Histories to_histories(const std::vector<data::Case>& cases, size_t begin, size_t end,
                               int64_t max_history, const std::string& device) {
  int64_t length = 1;
  for (size_t i = begin; i < end; ++i) length = std::max(length, std::ssize(cases[i].history));
  length = std::min(length, max_history);
  const auto rows = static_cast<int64_t>(end - begin);
  at::Tensor titles = at::zeros({rows, length}, at::kLong);
  at::Tensor signals = at::zeros({rows, length});
  at::Tensor ages = at::zeros({rows, length});
  at::Tensor users = at::zeros({rows}, at::kLong);
  for (int64_t row = 0; row < rows; ++row) {
    const auto& one = cases[begin + static_cast<size_t>(row)];
    const auto skipped =
        static_cast<size_t>(std::max<int64_t>(0, std::ssize(one.history) - length));
    const auto copy = [&](const auto& from, auto* to) {
      std::copy(from.begin() + static_cast<int64_t>(skipped), from.end(), to + row * length);
    };
    copy(one.history, titles.mutable_data_ptr<int64_t>());
    copy(one.signals, signals.mutable_data_ptr<float>());
    copy(one.ages, ages.mutable_data_ptr<float>());
    users.mutable_data_ptr<int64_t>()[row] = one.user + 1;
  }
  const at::Device to(device);
  return {titles.to(to), signals.to(to), ages.to(to), users.to(to)};
}

Validator::Validator(const data::Dataset& dataset, const configs::Config& config,
                     std::string device, Ranks* ranks)
    : ranks_(ranks), max_history_(config.data.max_history), device_(std::move(device)) {
  cases_ = data::cases(dataset, data::Stage::kValid).cases;
  const auto limit = static_cast<size_t>(config.train.validation_users);
  if (cases_.size() > limit) {
    RandomStream random(static_cast<uint64_t>(config.train.seed), "validation");
    random.shuffle(cases_);
    cases_.resize(limit);
  }
  // Similar lengths together, so that little of a batch is padding.
  std::stable_sort(cases_.begin(), cases_.end(), [&](const auto& a, const auto& b) {
    return a.history.size() < b.history.size();
  });
  users_ = std::ssize(cases_);
  if (ranks_ == nullptr) return;
  int64_t place = 0;
  std::erase_if(cases_,
                [&](const data::Case&) { return place++ % ranks_->size() != ranks_->rank(); });
}

namespace {

// Ranks the targets of cases by the model's scores. A VectorModel has one index for all batches; a
// ScoringModel makes a row of scores for each case.
class ValidationRanking {
 public:
  explicit ValidationRanking(models::Recommender& model) {
    vectors_ = model.title_vectors();
    vector_model_ = dynamic_cast<models::VectorModel*>(&model);
    scoring_model_ = dynamic_cast<models::ScoringModel*>(&model);
    if (vector_model_ == nullptr) return;
    const at::Tensor table = vectors_.to(at::kFloat).cpu().contiguous();
    index_ =
        std::make_unique<inference::TitleIndex>(values(table), static_cast<int>(table.size(1)));
  }

  std::vector<std::vector<inference::RankCounts>> rank(const models::Histories& histories,
                                                       std::span<const data::Case> cases) {
    const at::Tensor rows =
        (vector_model_ != nullptr ? vector_model_->encode_user(histories, vectors_)
                                  : scoring_model_->score_all(histories))
            .to(at::kFloat)
            .cpu()
            .contiguous();
    const auto width = static_cast<size_t>(rows.size(1));
    if (!index_) index_ = std::make_unique<inference::ScoreRows>(rows.size(1) - 1);
    std::vector<std::vector<uint32_t>> seen, targets;
    for (const auto& one : cases) {
      seen.push_back(one.history);
      std::sort(seen.back().begin(), seen.back().end());
      targets.push_back(one.targets);
    }
    std::vector<inference::Query> queries;
    for (size_t i = 0; i < cases.size(); ++i) {
      queries.push_back({values(rows).subspan(i * width, width), seen[i], {}});
    }
    return index_->rank(queries, targets);
  }

 private:
  models::VectorModel* vector_model_;
  models::ScoringModel* scoring_model_;
  at::Tensor vectors_;
  std::unique_ptr<inference::Retrieval> index_;
};

}  // namespace

void Validator::add_ranking(models::Recommender& model, Sums& sums) const {
  ValidationRanking ranking(model);
  for (size_t begin = 0; begin < cases_.size(); begin += kBatch) {
    const size_t end = std::min(cases_.size(), begin + kBatch);
    const auto histories = to_histories(cases_, begin, end, max_history_, device_);
    for (const auto& counts :
         ranking.rank(histories, std::span(cases_).subspan(begin, end - begin))) {
      sums.ndcg += inference::ndcg(counts, kCutOff);
      sums.hits += inference::hit_rate(counts, kCutOff);
    }
  }
}

void Validator::add_ratings(models::RatingPredictor& model, Sums& sums) const {
  for (size_t begin = 0; begin < cases_.size(); begin += kBatch) {
    const size_t end = std::min(cases_.size(), begin + kBatch);
    int64_t most = 1;
    for (size_t i = begin; i < end; ++i) most = std::max(most, std::ssize(cases_[i].targets));
    at::Tensor titles = at::zeros({static_cast<int64_t>(end - begin), most}, at::kLong);
    for (size_t i = begin; i < end; ++i) {
      std::copy(cases_[i].targets.begin(), cases_[i].targets.end(),
                titles.mutable_data_ptr<int64_t>() + static_cast<int64_t>(i - begin) * most);
    }
    const at::Tensor predicted =
        model
            .predict_rating(to_histories(cases_, begin, end, max_history_, device_),
                            titles.to(at::Device(device_)))
            .to(at::kFloat)
            .cpu()
            .contiguous();
    for (size_t i = begin; i < end; ++i) {
      const float* row = predicted.const_data_ptr<float>() + static_cast<int64_t>(i - begin) * most;
      for (size_t t = 0; t < cases_[i].targets.size(); ++t) {
        const float rating = cases_[i].target_values[t];
        if (std::isnan(rating)) continue;
        sums.squares += (row[t] - rating) * (row[t] - rating);
        ++sums.ratings;
      }
    }
  }
}

Validator::Sums Validator::of_all(Sums sums) const {
  if (ranks_ == nullptr) return sums;
  const at::Tensor values =
      at::tensor({sums.ndcg, sums.hits, sums.squares, sums.ratings}, at::kDouble);
  ranks_->sum(values);
  const double* const of = values.const_data_ptr<double>();
  return {of[0], of[1], of[2], of[3]};
}

ValidationScore Validator::score(models::Recommender& model) const {
  ValidationScore score;
  if (empty()) return score;
  const at::NoGradGuard no_grad;
  const bool was_training = model.module().is_training();
  model.module().eval();
  Sums sums;
  add_ranking(model, sums);
  auto* const predictor = dynamic_cast<models::RatingPredictor*>(&model);
  if (predictor != nullptr) add_ratings(*predictor, sums);
  model.module().train(was_training);

  sums = of_all(sums);
  score.users = users_;
  score.ndcg = sums.ndcg / static_cast<double>(users_);
  score.hit_rate = sums.hits / static_cast<double>(users_);
  if (sums.ratings > 0) score.rmse = std::sqrt(sums.squares / sums.ratings);
  score.by_rmse = predictor != nullptr && score.rmse >= 0 && predictor->is_for_ratings();
  return score;
}

}  // namespace marquee::training
