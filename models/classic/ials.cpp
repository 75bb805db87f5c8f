#include "models/classic/ials.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text.h"
#include "models/classic/interaction_matrix.h"
#include "models/classic/least_squares.h"
#include "models/classic/newcomers.h"
#include "models/classic/private_sums.h"
#include "models/layers/counted_titles.h"

namespace marquee::models {

namespace {
// A part of a title's vector that is small beside the others, so that it hardly counts in how
// similar two titles are; the member's part makes up for it.
constexpr double kShareScale = 0.1;
constexpr double kShortest = 1e-12;  // a vector that is not scaled to length 1
}  // namespace

struct Ials::Net : torch::nn::Module {
  Net(int64_t count, int64_t dim, double initial_scale) {
    titles = register_parameter(
        "titles",
        at::randn({count + 1, dim}) * (initial_scale / std::sqrt(static_cast<double>(dim))),
        /*requires_grad=*/false);
    titles[0].zero_();
    shared = register_buffer("shared", at::zeros({dim, dim}));
    occurring = register_buffer("occurring", at::full({1}, static_cast<double>(count)));
    shares = register_buffer("shares", at::zeros({count + 1, 1}));
    alpha = register_buffer("alpha", at::zeros({1}));
  }
  at::Tensor shares;     // [titles + 1, 1]: watched_shares() x kShareScale
  at::Tensor titles;     // [titles + 1, dim]
  at::Tensor shared;     // [dim, dim]: unobserved_weight HᵀH, part of every user's system
  at::Tensor occurring;  // [1]: titles that occur in the training data
  at::Tensor alpha;      // [1]: the weight of a pair without an interaction
};

namespace {

// unobserved: the weight of all pairs of a row without an interaction.
std::vector<double> penalties_of(const SparseRows& rows, double unobserved,
                                 const configs::IalsConfig& c) {
  std::vector<double> penalties;
  for (int64_t row = 0; row < rows.rows(); ++row) {
    const double frequency = static_cast<double>(rows[row].size()) + unobserved;
    penalties.push_back(c.regularisation * std::pow(frequency, c.frequency_exponent));
  }
  return penalties;
}

double penalty(const at::Tensor& vectors, const std::vector<double>& penalties) {
  return (vectors.to(at::kDouble).square().sum(1) * at::tensor(penalties, at::kDouble))
      .sum()
      .item<double>();
}

}  // namespace

Ials::Ials(int64_t titles, const configs::Config& config)
    : config_(config.model.ials),
      prior_(config.model.prior),
      dislikes_(config.model.dislikes),
      rounds_(config.train.epochs),
      net_(std::make_shared<Net>(titles, config.model.dim, config_.initial_scale)) {}

torch::nn::Module& Ials::module() { return *net_; }

at::Tensor Ials::title_vectors() {
  return prior_ == 0 ? net_->titles : at::cat({net_->titles, net_->shares}, 1);
}

// What stays the same from round to round.
struct Ials::Problem {
  Problem(const data::Dataset& dataset, const Ials& model)
      : interactions(dataset),
        disliked(model.dislikes_ > 0 ? InteractionMatrix::disliked(dataset)
                                     : InteractionMatrix::none(dataset)) {
    const auto& titles_of_user = interactions.titles_of_user;
    const auto& users_of_title = interactions.users_of_title;
    const auto users = static_cast<double>(titles_of_user.occurring());
    titles = static_cast<double>(users_of_title.occurring());
    alpha =
        model.unobserved_weight(static_cast<double>(titles_of_user.values.size()), users, titles);
    user_penalties = penalties_of(titles_of_user, alpha * titles, model.config_);
    title_penalties = penalties_of(users_of_title, alpha * users, model.config_);
  }
  InteractionMatrix interactions, disliked;
  double titles, alpha;
  std::vector<double> user_penalties, title_penalties;
};

double Ials::unobserved_weight(double interactions, double users, double titles) const {
  if (config_.unobserved_weight > 0) return config_.unobserved_weight;
  constexpr double kTimesInteractions = 60, kMost = 1000;
  const double of_a_user = interactions / std::max(1.0, users);
  return std::min(kMost, kTimesInteractions * of_a_user) / std::max(1.0, titles);
}

Ials::~Ials() = default;

double Ials::fit_round(const data::Dataset& dataset, int64_t /*round*/) {
  if (privacy_) return fit_private_round(dataset);
  if (!problem_) problem_ = std::make_unique<Problem>(dataset, *this);
  const auto& [interactions, disliked, titles, alpha, user_penalties, title_penalties] = *problem_;
  const at::Tensor vectors =
      solve_rows({interactions.titles_of_user, &disliked.titles_of_user, -dislikes_}, net_->titles,
                 alpha, user_penalties)
          .vectors;
  const RowSolutions solved =
      solve_rows({interactions.users_of_title, &disliked.users_of_title, -dislikes_}, vectors,
                 alpha, title_penalties);
  net_->titles.copy_(solved.vectors);
  net_->shared.copy_(at::matmul(net_->titles.t(), net_->titles) * alpha);
  net_->occurring.fill_(titles);
  net_->alpha.fill_(alpha);
  net_->shares.copy_(watched_shares(interactions).unsqueeze(1) * kShareScale);

  const auto pairs = static_cast<double>(interactions.titles_of_user.values.size());
  return (solved.objective + penalty(vectors, user_penalties)) / std::max(1.0, pairs);
}

// Nothing of a member goes into the tensors but through noisy_sums(): neither which titles occur
// nor the objective.
double Ials::fit_private_round(const data::Dataset& dataset) {
  const InteractionMatrix interactions(dataset);
  const auto titles = static_cast<double>(dataset.catalogue().size());
  const auto members = static_cast<double>(privacy_->members);
  const at::Tensor counts = at::tensor(privacy_->counts, at::kDouble).unsqueeze(1);
  const double alpha = unobserved_weight(counts.sum().item<double>(), members, titles);
  const at::Tensor solved =
      solve_rows({interactions.titles_of_user}, net_->titles, alpha,
                 penalties_of(interactions.titles_of_user, alpha * titles, config_))
          .vectors.to(at::kDouble);
  const at::Tensor length = at::linalg_vector_norm(solved, 2, {1}, /*keepdim=*/true);
  RandomStream random = secret_stream();
  const int64_t most = privacy_->titles_per_member;
  const MemberSums sums = noisy_sums(
      {sampled_rows(interactions.titles_of_user, most, random), dataset.catalogue().size()},
      solved / length.clamp_min(kShortest), most, privacy_->noise, random);

  // In the eigenbasis of the Gramian the system of every title is diagonal.
  const auto [eigenvalues, basis] = at::linalg_eigh(sums.gramian / members);
  const at::Tensor penalty =
      (counts + alpha * members).pow(config_.frequency_exponent) * config_.regularisation;
  const at::Tensor system = (counts + alpha * members) * eigenvalues.clamp_min(0) + penalty;
  const at::Tensor vectors =
      at::matmul(at::matmul(sums.of_titles, basis) / system, basis.t()).to(at::kFloat);
  vectors[0].zero_();
  net_->titles.copy_(vectors);
  net_->shared.copy_(at::matmul(vectors.t(), vectors) * alpha);
  net_->occurring.fill_(titles);
  net_->alpha.fill_(alpha);
  net_->shares.copy_((counts / members).clamp_max(1).to(at::kFloat) * kShareScale);
  return std::numeric_limits<double>::quiet_NaN();
}

// → [batch, count, dim] of titles [batch, count]; those of padding are zero.
at::Tensor Ials::rows_of(const at::Tensor& titles, const at::Tensor& title_vectors) const {
  const at::Tensor rows = at::embedding(title_vectors, titles);
  return prior_ == 0 ? rows : rows.slice(2, 0, -1);
}

// The Cholesky factor of the system that a user's vector solves: [batch, dim, dim]. liked: [batch,
// 1] titles; rows: [batch, length, dim] of those that count.
at::Tensor Ials::factored_system(const at::Tensor& liked, const at::Tensor& rows) const {
  const at::Tensor penalty =
      (liked + net_->occurring * net_->alpha).pow(config_.frequency_exponent) *
      config_.regularisation;  // [batch, 1]
  return at::linalg_cholesky(at::matmul(rows.transpose(1, 2), rows) + net_->shared +
                             penalty.unsqueeze(2) * at::eye(rows.size(2), rows.options()));
}

at::Tensor Ials::encode_user(const Histories& histories, const at::Tensor& title_vectors) {
  const CountedTitles counted = counted_titles(histories, dislikes_);
  const at::Tensor rows = rows_of(counted.titles, title_vectors);
  const at::Tensor sums = at::matmul(rows.transpose(1, 2), counted.weights.unsqueeze(2));
  // Not linalg_solve: LAPACK's LU of a small matrix waits for its threads most of the time.
  const at::Tensor user =
      at::cholesky_solve(sums, factored_system(counted.liked(), rows)).squeeze(2);
  if (prior_ == 0) return user;
  return at::cat({user, newcomer_weight(counted.liked(), prior_) / kShareScale}, 1);
}

// The user's vector is the sum of A⁻¹h_j over the titles j of the history, by their weights, so the
// score of title i is that of h_i·A⁻¹h_j (Hu, Koren & Volinsky 2008, section 5).
at::Tensor Ials::contributions(const Histories& histories, const at::Tensor& titles,
                               const at::Tensor& title_vectors) {
  const CountedTitles counted = counted_titles(histories, dislikes_);
  const at::Tensor rows = rows_of(counted.titles, title_vectors);
  const at::Tensor solved =
      at::cholesky_solve(rows_of(titles, title_vectors).transpose(1, 2),
                         factored_system(counted.liked(), rows));  // [batch, dim, count]
  return at::matmul(rows, solved).transpose(1, 2) * counted.weights.unsqueeze(1);
}

std::string Ials::description() const {
  return cat(
      "Matrix factorisation of interactions by alternating least squares (iALS): vectors of "
      "titles and members whose inner product is near 1 where there is an interaction and, with "
      "weight ",
      general(net_->alpha.item<double>(), 3),
      ", near 0 where there is none. A member's vector is solved for from the history.");
}

}  // namespace marquee::models
