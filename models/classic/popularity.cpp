#include "models/classic/popularity.h"

#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "data/time_range.h"

namespace marquee::models {

struct Popularity::Net : torch::nn::Module {
  explicit Net(int64_t titles) {
    weights = register_parameter("weights", at::zeros({titles + 1, 1}), /*requires_grad=*/false);
  }
  at::Tensor weights;  // [titles + 1, 1]
};

Popularity::Popularity(int64_t titles, double half_life_days)
    : half_life_days_(half_life_days), net_(std::make_shared<Net>(titles)) {}

torch::nn::Module& Popularity::module() { return *net_; }

double Popularity::fit_round(const data::Dataset& dataset, int64_t /*round*/) {
  const auto for_each_event = [&](const auto& body) {
    for (int64_t user = 0; user < dataset.users(); ++user) {
      const data::History history = dataset.history(user);
      for (size_t i = 0; i < history.titles.size(); ++i) {
        if (dataset.is_liked_in_train(history, i)) body(history.titles[i], history.times[i]);
      }
    }
  };
  // One event of the year 2099 must not make all others count nothing.
  std::vector<int64_t> times;
  if (half_life_days_ > 0) for_each_event([&](uint32_t, int64_t time) { times.push_back(time); });
  const data::TimeRange usual = data::usual_times(times);
  int64_t newest = std::numeric_limits<int64_t>::min();
  for (const int64_t time : times) newest = usual.contains(time) ? std::max(newest, time) : newest;

  const double decay = half_life_days_ > 0 ? std::log(2.0) / (half_life_days_ * 86'400) : 0;
  std::vector<double> weights(static_cast<size_t>(dataset.catalogue().size()) + 1, 0.0);
  for_each_event([&](uint32_t title, int64_t time) {
    weights[title] +=
        decay > 0 ? std::exp(-decay * static_cast<double>(std::max<int64_t>(0, newest - time))) : 1;
  });
  for (auto& weight : weights) weight = std::log1p(weight);
  net_->weights.copy_(at::tensor(weights).unsqueeze(1));
  return std::numeric_limits<double>::quiet_NaN();
}

at::Tensor Popularity::title_vectors() { return net_->weights; }

at::Tensor Popularity::encode_user(const Histories& histories, const at::Tensor&) {
  return at::ones_like(histories.signals.slice(1, 0, 1));
}

}  // namespace marquee::models
