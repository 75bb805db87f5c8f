// two_tower: a title tower with genre, actor, director and studio embeddings, a user tower over the
// ordered history, trained to tell the next title from all others (docs/models.md).
#pragma once

#include "models/content.h"
#include "models/recommender.h"

namespace marquee::models {

struct TwoTowerImpl;

class TwoTower : public VectorModel, public GradientLearner {
 public:
  // content: [titles + 1, columns]. train_counts: how often each title stands in the training data,
  // from which the sampled softmax takes how likely a title is to be drawn.
  TwoTower(const configs::Config& config, const ContentLayout& layout, const at::Tensor& content,
           const std::vector<int64_t>& train_counts);

  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  at::Tensor encode_titles(const at::Tensor& content) override;
  at::Tensor loss(const Batch& batch) override;
  std::string description() const override;

 private:
  at::Tensor full_loss(const Batch& batch);
  at::Tensor sampled_loss(const Batch& batch);

  configs::Config config_;
  std::shared_ptr<TwoTowerImpl> net_;
};

}  // namespace marquee::models
