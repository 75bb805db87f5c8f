#include "data/synth/users.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace marquee::data::synth {

namespace {

struct Interest {
  std::array<int, kFavouriteGenres> genres{};
  std::array<int, kFavouriteActors> actors{};
  Taste taste{};
};

Interest draw_interest(const TitlePool& pool, RandomStream& random) {
  Interest interest;
  std::vector<double> weights;
  for (const Genre& genre : pool.genres) weights.push_back(genre.share);
  float strength = 1;
  for (int& favourite : interest.genres) {
    favourite = draw_index(weights, random);
    weights[static_cast<size_t>(favourite)] = 0;
    add(interest.taste, pool.genres[static_cast<size_t>(favourite)].taste, strength);
    strength *= 0.7F;
  }
  for (int& favourite : interest.actors) {
    const int genre = interest.genres[random.below(interest.genres.size())];
    favourite = pool.actors.draw(genre, random);
    add(interest.taste, pool.actors[favourite].taste, kFavouriteActorTaste);
  }
  add(interest.taste, any_direction(random), kOwnUserTaste);
  interest.taste = unit(interest.taste);
  return interest;
}

template <typename Groups>
size_t draw_group(const Groups& groups, RandomStream& random) {
  std::vector<double> shares;
  for (const auto& group : groups) shares.push_back(group.share);
  return static_cast<size_t>(draw_index(shares, random));
}

SynthUser make_user(const TitlePool& pool, RandomStream& random) {
  SynthUser user;
  user.age_group = draw_group(kAgeGroups, random);
  user.plan = draw_group(kPlans, random);
  user.region = draw_group(kRegions, random);
  const auto span = static_cast<double>(kSpanEnd - kSpanStart);
  const double from = random.uniform() < kThereFromStart ? 0 : 0.9 * random.uniform();
  const double until = random.uniform() < kChurn ? from + (1 - from) * random.uniform() : 1;
  user.joined = kSpanStart + static_cast<int64_t>(from * span);
  user.left = kSpanStart + static_cast<int64_t>(std::max(until, from + 0.05) * span);
  user.left = std::min(user.left, kSpanEnd);
  user.bias = kUserBias * random.normal();
  user.rates = std::min(1.0, kRaters * random.exponential());
  const Interest interest = draw_interest(pool, random);
  user.genres = interest.genres;
  user.actors = interest.actors;
  user.taste = interest.taste;
  return user;
}

double days(const SynthUser& user) {
  return static_cast<double>(user.left - user.joined) / static_cast<double>(kDay);
}

// Pareto between 1 and kActivityCut, times the activity of the groups and the days on the service.
double activity(const SynthUser& user, RandomStream& random) {
  const double least = std::pow(kActivityCut, -kActivityExponent);
  const double tail = 1 - random.uniform() * (1 - least);
  return std::pow(tail, -1 / kActivityExponent) * kAgeGroups[user.age_group].activity *
         kPlans[user.plan].activity * days(user);
}

// Scales `weights` so that they sum to `total` once each is held between its bounds.
std::vector<int64_t> share_out(int64_t total, const std::vector<double>& weights, int64_t least,
                               const std::vector<int64_t>& most) {
  std::vector<int64_t> result(weights.size());
  const auto share = [&](double scale) {
    int64_t sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const double wanted = std::min(scale * weights[i], static_cast<double>(most[i]));
      result[i] = std::clamp(static_cast<int64_t>(wanted), std::min(least, most[i]), most[i]);
      sum += result[i];
    }
    return sum;
  };
  double low = 0, high = 1;
  while (high < 1e18 && share(high) < total) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (share(middle) <= total ? low : high) = middle;
  }
  int64_t missing = total - share(low);
  while (missing > 0) {  // what rounding left, one each
    for (size_t i = 0; i < weights.size() && missing > 0; ++i) {
      if (result[i] < most[i]) ++result[i], --missing;
    }
  }
  return result;
}

}  // namespace

Taste any_interest(const TitlePool& pool, RandomStream& random) {
  return draw_interest(pool, random).taste;
}

std::vector<SynthUser> make_users(const TitlePool& pool, int64_t count, int64_t interactions,
                                  uint64_t seed) {
  const auto title_limit =
      static_cast<int64_t>(kMostOfCatalogue * static_cast<double>(pool.titles.size()));
  std::vector<SynthUser> users;
  std::vector<double> weights;
  std::vector<int64_t> most;
  int64_t room = 0;
  for (int64_t i = 0; i < count; ++i) {
    RandomStream random(seed, "member", static_cast<uint64_t>(i));
    users.push_back(make_user(pool, random));
    weights.push_back(activity(users.back(), random));
    const auto time_limit = static_cast<int64_t>(kMostEventsPerDay * days(users.back()));
    most.push_back(std::max<int64_t>(1, std::min(title_limit, time_limit)));
    room += most.back();
  }
  if (interactions > room) {
    throw Error(cat("--interactions ", interactions, ": ", count, " users and ", pool.titles.size(),
                    " titles hold at most ", room, "; lower it, or raise --users or --titles"));
  }
  const int64_t least = std::min(kLeastEvents, interactions / count);
  const std::vector<int64_t> events = share_out(interactions, weights, least, most);
  for (size_t i = 0; i < users.size(); ++i) users[i].events = events[i];
  return users;
}

}  // namespace marquee::data::synth
