#include "serving/policies/served_policy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr size_t kKinds = kRowKinds;
constexpr size_t kIdDigits = 6;
constexpr double kSameProbability = 1e-9;

std::optional<Bandit> bandit_of(const configs::PolicyConfig& config, const DayTraces& traces) {
  const std::string& algorithm = config.rows.algorithm;
  if (algorithm == "fixed" || algorithm == "random") return std::nullopt;
  return Bandit(config.rows, kKinds, traces);
}

size_t reward_days(const configs::PolicyConfig& config) {
  return 1 + static_cast<size_t>(config.reward.return_days);
}

DayTraces traces_of(const Artefact& artefact, const configs::PolicyConfig& config) {
  if (config.reward.return_days == 0) return DayTraces();
  const auto file = artefact.file("traces.json");
  return DayTraces::restored(parse_json(read_file(file), file.string()), reward_days(config));
}

// The kinds offered, each once, in their order, and where each comes first.
struct Offer {
  std::vector<size_t> kinds, first;
};

Offer distinct(std::span<const RowKind> offered) {
  Offer offer;
  for (size_t i = 0; i < offered.size(); ++i) {
    const auto kind = static_cast<size_t>(offered[i]);
    if (std::ranges::find(offer.kinds, kind) != offer.kinds.end()) continue;
    offer.kinds.push_back(kind);
    offer.first.push_back(i);
  }
  return offer;
}

bool ranked_by_model(RowKind kind) {
  return kind == RowKind::kTop || kind == RowKind::kNew || kind == RowKind::kFavourite;
}

// One after another without replacement, in proportion to the weights.
void draw_titles(std::vector<double> weights, size_t first, size_t slots,
                 std::vector<Choice>& chosen, RandomStream& random) {
  double sum = 0;
  for (size_t i = first; i < weights.size(); ++i) sum += weights[i];
  while (chosen.size() < slots && sum > 0) {
    double left = random.uniform() * sum;
    size_t taken = weights.size();
    for (size_t i = first; i < weights.size(); ++i) {
      if (weights[i] == 0) continue;
      taken = i;
      left -= weights[i];
      if (left < 0) break;
    }
    if (taken == weights.size()) break;
    chosen.push_back({taken, std::min(1.0, weights[taken] / sum)});
    weights[taken] = 0;
    sum = 0;  // anew, so that rounding does not add up
    for (size_t i = first; i < weights.size(); ++i) sum += weights[i];
  }
}

// Users of a kind each: new, busy, and in between.
constexpr std::array<UserFeatures, 3> kGoldenUsers{
    {{1, 0, 1, 0, 0}, {1, 1, 0, 0.9, 0.6}, {1, 0.5, 0, 0.2, 0.3}}};
constexpr std::array<int, 3> kGoldenPositions{0, 2, 7};

}  // namespace

ServedPolicy::ServedPolicy(const configs::PolicyConfig& config)
    : ServedPolicy(config, DayTraces(reward_days(config))) {}

ServedPolicy::ServedPolicy(const configs::PolicyConfig& config, const DayTraces& traces)
    : config_(config),
      traces_(traces),
      id_(config.rows.algorithm),
      bandit_(bandit_of(config, traces)) {}

ServedPolicy::ServedPolicy(const std::filesystem::path& folder, const TrustedKeys* trusted)
    : ServedPolicy(Artefact(folder, "policy", trusted)) {}

ServedPolicy::ServedPolicy(const Artefact& artefact)
    : ServedPolicy(artefact, configs::read_policy_config(artefact.file("policy.yaml"), {})) {}

ServedPolicy::ServedPolicy(const Artefact& artefact, const configs::PolicyConfig& config)
    : ServedPolicy(config, traces_of(artefact, config)) {
  manifest_ = artefact.manifest();
  id_ = cat(config_.rows.algorithm, "@", manifest_.sha256.substr(0, kIdDigits));
  const auto file = artefact.file("state.json");
  const Json state = parse_json(read_file(file), file.string());
  if (bandit_) {
    if (!state.is_array() || state.size() != kKinds) {
      throw artefact_error(cat(file.string(), ": has not the state of ", kKinds, " kinds of rows"));
    }
    for (size_t kind = 0; kind < kKinds; ++kind) bandit_->arms()[kind].restore(state[kind]);
  }
  const auto golden_file = artefact.file("golden.json");
  const Json expected = parse_json(read_file(golden_file), golden_file.string());
  const Json now = golden();
  for (size_t i = 0; i < now.size(); ++i) {
    for (size_t j = 0; j < now[i].size(); ++j) {
      const double was = expected.at(i).at(j);
      if (std::abs(was - now[i][j].get<double>()) <= kSameProbability) continue;
      throw artefact_error(cat(golden_file.string(),
                               ": the policy chooses otherwise than when it "
                               "was written; train it again"));
    }
  }
}

// The probability of each kind of row, for each golden user and position.
Json ServedPolicy::golden() const {
  Json all = Json::array();
  if (!bandit_) return all;
  std::vector<size_t> kinds(kKinds);
  for (size_t i = 0; i < kKinds; ++i) kinds[i] = i;
  for (const UserFeatures& user : kGoldenUsers) {
    for (const int position : kGoldenPositions) {
      all.push_back(bandit_->probabilities(arm_features(user, position), kinds));
    }
  }
  return all;
}

Choice ServedPolicy::next_row(const UserFeatures& features, int position,
                              std::span<const RowKind> offered, RandomStream& random) const {
  const Offer offer = distinct(offered);
  if (config_.rows.algorithm == "fixed") return {0, 1};
  if (config_.rows.algorithm == "random") {
    const size_t index = random.below(offer.kinds.size());
    return {offer.first[index], 1.0 / static_cast<double>(offer.kinds.size())};
  }
  const std::shared_lock lock(mutex_);
  const Choice choice = bandit_->choose(arm_features(features, position), offer.kinds, random);
  return {offer.first[choice.index], choice.propensity};
}

std::vector<double> ServedPolicy::row_probabilities(const UserFeatures& features, int position,
                                                    uint32_t offered) const {
  std::vector<size_t> kinds;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    if ((offered >> kind & 1U) != 0) kinds.push_back(kind);
  }
  std::vector<double> result(kKinds);
  if (kinds.empty()) return result;
  std::vector<double> chances(kinds.size(), 1.0 / static_cast<double>(kinds.size()));
  if (config_.rows.algorithm == "fixed") {
    std::ranges::fill(chances, 0.0);
    chances.front() = 1;
  } else if (bandit_) {
    const std::shared_lock lock(mutex_);
    chances = bandit_->probabilities(arm_features(features, position), kinds);
  }
  for (size_t i = 0; i < kinds.size(); ++i) result[kinds[i]] = chances[i];
  return result;
}

std::vector<Choice> ServedPolicy::fill(RowKind kind,
                                       std::span<const inference::ScoredTitle> candidates,
                                       size_t slots, RandomStream& random) const {
  const configs::TitleChoiceConfig& titles = config_.titles;
  slots = std::min(slots, candidates.size());
  const bool draws = titles.fill == "random" ? kind != RowKind::kContinue
                                             : titles.fill == "sampled" && ranked_by_model(kind);
  const size_t kept = !draws ? slots
                      : titles.fill == "sampled"
                          ? static_cast<size_t>(std::ceil(titles.kept * double(slots)))
                          : 0;
  std::vector<Choice> chosen;
  for (size_t i = 0; i < kept; ++i) chosen.push_back({i, 1});
  if (!draws) return chosen;
  const auto considered = candidates.first(std::min(candidates.size(), this->candidates()));
  std::vector<double> weights;
  for (const auto& each : considered) {
    weights.push_back(
        titles.fill == "random"
            ? 1
            : std::exp((double{each.score} - considered.front().score) / titles.temperature));
  }
  draw_titles(std::move(weights), kept, slots, chosen, random);
  return chosen;
}

void ServedPolicy::restore(const ServedPolicy& other) {
  const std::shared_lock theirs(other.mutex_);
  const std::unique_lock lock(mutex_);
  if (bandit_ && other.bandit_) bandit_->arms() = other.bandit_->arms();
}

double ServedPolicy::reward(const UserEvent& event) const {
  const configs::RewardConfig& reward = config_.reward;
  switch (event.item.event) {
    case data::Event::kPlay:
      return reward.play;
    case data::Event::kComplete:
      return reward.complete;
    case data::Event::kLike:
      return reward.like;
    case data::Event::kRating:
      return reward.rating;
    default:
      return 0;
  }
}

std::vector<double> ServedPolicy::day_rewards(const ShownPage& page, const ShownRow& row) const {
  std::vector<double> rewards = {row.reward};
  for (int day = 1; day <= page.day; ++day) {
    const bool came = row.reward > 0 && page.came[static_cast<size_t>(day - 1)];
    rewards.push_back(came ? config_.reward.returned : 0);
  }
  return rewards;
}

void ServedPolicy::learn(const std::vector<ShownPage>& pages) {
  if (!bandit_ || pages.empty()) return;
  std::map<std::pair<size_t, size_t>, std::vector<ArmPosterior::Reward>> news;  // by kind and day
  for (const ShownPage& page : pages) {
    const auto day = static_cast<size_t>(page.day);
    for (size_t position = 0; position < page.rows.size(); ++position) {
      const ShownRow& row = page.rows[position];
      news[{static_cast<size_t>(row.kind), day}].push_back(
          {arm_features(page.features, static_cast<int>(position)),
           traces_.news(day_rewards(page, row)).back()});
    }
  }
  const std::unique_lock lock(mutex_);
  for (const auto& [of, rewards] : news) bandit_->arms()[of.first].learn(of.second, rewards);
}

void ServedPolicy::learn(RowKind kind, const UserFeatures& features, int position,
                         std::span<const double> rewards) {
  const std::unique_lock lock(mutex_);
  if (!bandit_) return;
  const std::vector<double> news = traces_.news(rewards);
  for (size_t day = 0; day < news.size(); ++day) {
    bandit_->arms()[static_cast<size_t>(kind)].learn(
        day, {{arm_features(features, position), news[day]}});
  }
}

int64_t ServedPolicy::rewards() const {
  const std::shared_lock lock(mutex_);
  int64_t sum = 0;
  if (bandit_) {
    for (const ArmBelief& arm : bandit_->arms()) sum += arm.rewards();
  }
  return sum;
}

std::optional<double> ServedPolicy::believed(RowKind kind, const UserFeatures& features,
                                             int position) const {
  if (!bandit_) return std::nullopt;
  const std::shared_lock lock(mutex_);
  return bandit_->arms()[static_cast<size_t>(kind)].of(arm_features(features, position)).mean;
}

void ServedPolicy::save(const std::filesystem::path& folder, bool overwrite,
                        const std::vector<Source>& sources) const {
  Json state = Json::array(), choices;
  int64_t rewards = 0;
  {
    const std::shared_lock lock(mutex_);  // not while files are written: pages wait for it
    if (bandit_) {
      for (const ArmBelief& arm : bandit_->arms()) {
        state.push_back(arm.state());
        rewards += arm.rewards();
      }
    }
    choices = golden();
  }
  ArtefactWriter writer(folder, "policy", overwrite);
  write_file(writer.folder() / "policy.yaml", configs::to_yaml(config_));
  write_file(writer.folder() / "state.json", state.dump() + "\n");
  if (config_.reward.return_days > 0) {
    write_file(writer.folder() / "traces.json", Json(traces_.covariance()).dump() + "\n");
  }
  write_file(writer.folder() / "golden.json", choices.dump() + "\n");
  writer.commit(
      {{"rows", config_.rows.algorithm}, {"titles", config_.titles.fill}, {"rewards", rewards}},
      sources);
}

}  // namespace marquee::serving
