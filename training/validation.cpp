#include "training/validation.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "core/random.h"
#include "inference/retrieval/ranking_metrics.h"
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
  }
  const at::Device to(device);
  return {titles.to(to), signals.to(to), ages.to(to)};
}

Validator::Validator(const data::Dataset& dataset, const configs::Config& config,
                     std::string device)
    : max_history_(config.data.max_history), device_(std::move(device)) {
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
}

std::vector<float> Validator::encode(models::Recommender& model, const at::Tensor& vectors) const {
  std::vector<float> members;
  for (size_t begin = 0; begin < cases_.size(); begin += kBatch) {
    const size_t end = std::min(cases_.size(), begin + kBatch);
    const at::Tensor encoded =
        model.encode_user(to_histories(cases_, begin, end, max_history_, device_), vectors)
            .to(at::kFloat)
            .cpu()
            .contiguous();
    const auto row = values(encoded);
    members.insert(members.end(), row.begin(), row.end());
  }
  return members;
}

ValidationScore Validator::score(models::Recommender& model) const {
  const at::NoGradGuard no_grad;
  const bool was_training = model.module().is_training();
  model.module().eval();
  const at::Tensor vectors = model.title_vectors();
  const std::vector<float> members = encode(model, vectors);
  const at::Tensor table = vectors.to(at::kFloat).cpu().contiguous();
  const auto dim = static_cast<size_t>(table.size(1));
  const inference::TitleIndex index(values(table), static_cast<int>(dim));

  std::vector<std::vector<uint32_t>> seen, targets;
  for (const auto& one : cases_) {
    seen.push_back(one.history);
    std::sort(seen.back().begin(), seen.back().end());
    targets.push_back(one.targets);
  }
  std::vector<inference::Query> queries;
  for (size_t i = 0; i < cases_.size(); ++i) {
    queries.push_back({std::span(members).subspan(i * dim, dim), seen[i], {}});
  }
  ValidationScore score;
  for (const auto& counts : index.rank(queries, targets)) {
    std::vector<double> ranks;
    for (const auto& count : counts) ranks.push_back(count.rank());
    score.ndcg += inference::ndcg(ranks, kCutOff);
    score.hit_rate += inference::hit_rate(ranks, kCutOff);
    ++score.members;
  }
  if (score.members > 0) {
    score.ndcg /= static_cast<double>(score.members);
    score.hit_rate /= static_cast<double>(score.members);
  }
  model.module().train(was_training);
  return score;
}

}  // namespace marquee::training
