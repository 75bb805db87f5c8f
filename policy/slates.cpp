#include "policy/slates.h"

#include <algorithm>
#include <array>

#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::policy {

namespace {

using evaluation::Resampled;

constexpr double kLeastEffective = 100;  // slates, at the positions that earn
constexpr double kMostUncertain = 0.1;   // share of the reward at other positions

constexpr std::array<SlateEstimatorInfo, kSlateEstimators> kInfo{{
    {"iips", "Independent IPS", "what a row earns does not depend on the rows above it"},
    {"rips", "Reward-interaction IPS", "what a row earns depends on the rows above it alone"},
    {"sips", "Standard IPS", "nothing about how rows depend on each other"},
    {"cascade_dr", "Cascade doubly robust", "what a row earns depends on the rows above it alone"},
    {"pi", "Pseudo-inverse",
     "the reward of a page is a sum of what each row adds, and the log chose rows independently"},
}};

// Those of each user, or of each slate where users are unknown.
std::vector<SlateSums> sums_by_user(const BanditLog& log, const WeightedLog& weights) {
  const auto positions = static_cast<size_t>(log.positions);
  const size_t users = log.user.empty() ? 1 + log.slate.back()
                                        : 1 + *std::max_element(log.user.begin(), log.user.end());
  std::vector<SlateSums> sums(users, SlateSums(positions));
  std::vector<SlateSums::Row> slate;
  for (size_t row = 0; row < log.rows(); ++row) {
    slate.push_back(
        {weights.weight[row], weights.reward[row], weights.modelled[row], weights.expected[row]});
    if (row + 1 < log.rows() && log.slate[row + 1] == log.slate[row]) continue;
    sums[log.user.empty() ? log.slate[row] : log.user[row]].add(slate);
    slate.clear();
  }
  return sums;
}

double ratio(double above, double below) { return below > 0 ? above / below : 0; }

// Refused where the positions that earn rest on few slates.
void diagnose(const SlateSums& total, SlateResult& result) {
  double reward = 0, uncertain = 0;
  for (size_t i = 0; i < total.positions(); ++i) {
    result.effective.push_back(total.effective_slates(i));
    reward += total.reward_at(i);
    if (result.effective.back() < kLeastEffective) uncertain += total.reward_at(i);
  }
  if (uncertain <= kMostUncertain * reward) return;
  result.refusal = cat(fixed(100 * uncertain / reward, 0),
                       " % of the reward is at positions that rest on fewer than ", kLeastEffective,
                       " effective pages: the policy chooses too differently from the log's");
}

size_t index_of(SlateEstimator estimator, bool second_form) {
  return 2 * static_cast<size_t>(estimator) + (second_form ? 1 : 0);
}

}  // namespace

const SlateEstimatorInfo& info(SlateEstimator estimator) {
  return kInfo[static_cast<size_t>(estimator)];
}

std::string full_name(SlateEstimator estimator, bool second_form) {
  const char* form = !second_form                                  ? ""
                     : estimator == SlateEstimator::kPseudoInverse ? ", with a control variate"
                                                                   : ", self-normalised";
  return cat(info(estimator).name, form);
}

std::string full_id(SlateEstimator estimator, bool second_form) {
  const char* form = !second_form                                  ? ""
                     : estimator == SlateEstimator::kPseudoInverse ? "cv_"
                                                                   : "sn_";
  return cat(form, info(estimator).id);
}

void SlateSums::add(std::span<const Row> slate) {
  slates_ += 1;
  double joint = 1, product = 1, g = 1, reward = 0;
  for (const Row& row : slate) {
    joint *= row.weight;
    g += row.weight - 1;
    reward += row.reward;
  }
  g_ += g;
  gg_ += g * g;
  gr_ += g * reward;
  ggr_ += g * g * reward;
  for (size_t i = 0; i < slate.size(); ++i) {
    const Row& row = slate[i];
    Position& at = at_[i];
    at.slates += 1;
    at.reward += row.reward;
    at.own += row.weight;
    at.own_reward += row.weight * row.reward;
    at.above += product;
    at.above_expected += product * row.expected;
    product *= row.weight;
    at.product += product;
    at.product_squares += product * product;
    at.product_reward += product * row.reward;
    at.product_error += product * (row.reward - row.modelled);
    at.joint += joint;
    at.joint_reward += joint * row.reward;
  }
}

void SlateSums::add(const SlateSums& other, double times) {
  slates_ += times * other.slates_;
  g_ += times * other.g_;
  gg_ += times * other.gg_;
  gr_ += times * other.gr_;
  ggr_ += times * other.ggr_;
  for (size_t i = 0; i < at_.size(); ++i) {
    Position& to = at_[i];
    const Position& from = other.at_[i];
    to.slates += times * from.slates;
    to.reward += times * from.reward;
    to.own += times * from.own;
    to.own_reward += times * from.own_reward;
    to.product += times * from.product;
    to.product_squares += times * from.product_squares;
    to.product_reward += times * from.product_reward;
    to.product_error += times * from.product_error;
    to.above += times * from.above;
    to.above_expected += times * from.above_expected;
    to.joint += times * from.joint;
    to.joint_reward += times * from.joint_reward;
  }
}

// The coefficient of the control variate is that of the regression of g r on g − 1.
double SlateSums::pseudo_inverse(bool with_control) const {
  const double plain = ratio(gr_, slates_);
  if (!with_control) return plain;
  const double mean = ratio(g_, slates_);
  const double covariance = ratio(ggr_, slates_) - plain * mean;
  const double variance = ratio(gg_, slates_) - mean * mean;
  return plain - ratio(covariance, variance) * (mean - 1);
}

double SlateSums::value(SlateEstimator estimator, bool second_form) const {
  if (estimator == SlateEstimator::kPseudoInverse) return pseudo_inverse(second_form);
  double sum = 0;
  for (const Position& at : at_) {
    const auto part = [&](double above, double weights) {
      return second_form ? at.slates * ratio(above, weights) : above;
    };
    switch (estimator) {
      case SlateEstimator::kIndependent:
        sum += part(at.own_reward, at.own);
        break;
      case SlateEstimator::kRewardInteraction:
        sum += part(at.product_reward, at.product);
        break;
      case SlateEstimator::kStandard:
        sum += part(at.joint_reward, at.joint);
        break;
      case SlateEstimator::kCascadeDr:
        sum += part(at.product_error, at.product) + part(at.above_expected, at.above);
        break;
      case SlateEstimator::kPseudoInverse:
        break;
    }
  }
  return ratio(sum, slates_);
}

double SlateSums::mean_reward() const {
  double sum = 0;
  for (const Position& at : at_) sum += at.reward;
  return ratio(sum, slates_);
}

double SlateSums::effective_slates(size_t position) const {
  const Position& at = at_[position];
  return ratio(at.product * at.product, at.product_squares);
}

const SlateEstimate& SlateResult::of(SlateEstimator estimator, bool second_form) const {
  return estimates[index_of(estimator, second_form)];
}

std::vector<SlateResult> evaluate_slates(const BanditLog& log,
                                         const std::vector<WeightedLog>& policies,
                                         const SlateOptions& options,
                                         evaluation::Interval& logged) {
  const auto resamples = static_cast<size_t>(options.resamples);
  Resampled of_log{0, std::vector<double>(resamples)};
  std::vector<SlateResult> results;
  for (const WeightedLog& weights : policies) {
    const std::vector<SlateSums> users = sums_by_user(log, weights);
    SlateSums total(static_cast<size_t>(log.positions));
    for (const SlateSums& each : users) total.add(each, 1);
    std::vector<Resampled> values(2 * kSlateEstimators, {0, std::vector<double>(resamples)});
    const auto fill = [&](const SlateSums& sums, const auto& put) {
      for (size_t e = 0; e < kSlateEstimators; ++e) {
        const auto estimator = static_cast<SlateEstimator>(e);
        for (const bool own : {false, true}) {
          put(values[index_of(estimator, own)], sums.value(estimator, own));
        }
      }
    };
    fill(total, [](Resampled& to, double value) { to.value = value; });
    of_log.value = total.mean_reward();
    parallel_for(options.resamples, 1, [&](int64_t begin, int64_t) {
      const auto index = static_cast<size_t>(begin);
      RandomStream random(options.seed, "ope", index);
      std::vector<double> times(users.size());
      for (size_t i = 0; i < users.size(); ++i) times[random.below(users.size())] += 1;
      SlateSums sums(static_cast<size_t>(log.positions));
      for (size_t i = 0; i < users.size(); ++i) {
        if (times[i] > 0) sums.add(users[i], times[i]);
      }
      fill(sums, [&](Resampled& to, double value) { to.resamples[index] = value; });
      of_log.resamples[index] = sums.mean_reward();
    });
    SlateResult& result = results.emplace_back();
    diagnose(total, result);
    for (size_t e = 0; e < kSlateEstimators; ++e) {
      const auto estimator = static_cast<SlateEstimator>(e);
      for (const bool own : {false, true}) {
        const Resampled& value = values[index_of(estimator, own)];
        result.estimates.push_back(
            {estimator, own, value.interval(), difference(value, of_log).interval()});
      }
    }
  }
  logged = of_log.interval();
  return results;
}

}  // namespace marquee::policy
