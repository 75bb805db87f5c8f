// The report against an independent computation, event by event and title by title.
#include "evaluation/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/json.h"
#include "core/text.h"
#include "evaluation/candidates.h"
#include "tests/evaluation/world.h"

namespace marquee::evaluation {
namespace {

// A user as the definitions see them.
struct TestUser {
  std::vector<uint32_t> history, targets;
  std::vector<double> signals, ratings;
};

TestUser user_of(const data::Dataset& dataset, int64_t user) {
  const data::History events = dataset.history(user);
  TestUser test_user;
  std::set<uint32_t> known;
  for (int64_t i = 0; i < events.size(); ++i) {
    if (events.parts[i] == data::Part::kTest) continue;
    test_user.history.push_back(events.titles[i]);
    test_user.signals.push_back(std::isnan(events.values[i]) ? 1 : events.values[i] / 5.0);
    known.insert(events.titles[i]);
  }
  for (int64_t i = 0; i < events.size(); ++i) {
    if (events.parts[i] != data::Part::kTest || !known.insert(events.titles[i]).second) continue;
    test_user.targets.push_back(events.titles[i]);
    test_user.ratings.push_back(events.values[i]);
  }
  return test_user;
}

std::vector<float> scores_of(const tests::TinyBundle& bundle, const TestUser& test_user) {
  std::vector<float> vector(kDim);
  for (int d = 0; d < kDim; ++d) {
    double sum = 0;
    for (size_t i = 0; i < test_user.history.size(); ++i) {
      sum += test_user.signals[i] * bundle.vectors[test_user.history[i] * kDim + d];
    }
    const double events = std::max<double>(1, static_cast<double>(test_user.history.size()));
    vector[d] = static_cast<float>(sum / events + 0.02 - 0.01 * d / (kDim - 1));
  }
  std::vector<float> scores(kTitles + 1);
  for (int title = 1; title <= kTitles; ++title) {
    for (int d = 0; d < kDim; ++d) scores[title] += vector[d] * bundle.vectors[title * kDim + d];
  }
  return scores;
}

double rank_among(const std::vector<float>& scores, uint32_t target,
                  const std::vector<uint32_t>& others) {
  double rank = 0;
  for (const uint32_t title : others) {
    if (title == target) continue;
    rank += scores[title] > scores[target] ? 1 : scores[title] == scores[target] ? 0.5 : 0;
  }
  return rank;
}

using Genres = std::set<uint32_t>;

Genres genres_of(const data::Dataset& dataset, uint32_t title) {
  const auto genres = dataset.catalogue().features(data::Feature::kGenre, title);
  return {genres.begin(), genres.end()};
}

double jaccard(const Genres& a, const Genres& b) {
  Genres both = a;
  both.insert(b.begin(), b.end());
  const auto shared = a.size() + b.size() - both.size();
  return static_cast<double>(shared) / static_cast<double>(both.size());
}

std::map<uint32_t, double> genre_shares(const data::Dataset& dataset,
                                        const std::vector<uint32_t>& titles) {
  std::map<uint32_t, double> shares;
  double total = 0;
  for (const uint32_t title : titles) {
    const Genres genres = genres_of(dataset, title);
    for (const uint32_t genre : genres) shares[genre] += 1.0 / static_cast<double>(genres.size());
    total += !genres.empty();
  }
  for (auto& [genre, share] : shares) share /= total;
  return shares;
}

// Sums and counts by "protocol/metric".
class Tally {
 public:
  void add(const std::string& metric, double value, double weight = 1) {
    sums_[metric] += value;
    weights_[metric] += weight;
  }
  double operator[](const std::string& metric) const {
    return sums_.at(metric) / weights_.at(metric);
  }

 private:
  std::map<std::string, double> sums_, weights_;
};

struct Expected {
  Tally tally;
  std::map<uint32_t, int> shown;
  double users = 0;
};

std::map<uint32_t, double> users_of(const data::Dataset& dataset) {
  std::map<uint32_t, double> user_counts;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const TestUser test_user = user_of(dataset, user);
    for (const uint32_t title : Genres(test_user.history.begin(), test_user.history.end())) {
      user_counts[title] += 1;
    }
  }
  return user_counts;
}

void add_accuracy(const data::Dataset& dataset, int64_t user, const TestUser& test_user,
                  const std::vector<float>& scores, Expected& expected) {
  std::vector<uint32_t> unseen;
  const Genres seen(test_user.history.begin(), test_user.history.end());
  for (uint32_t title = 1; title <= kTitles; ++title) {
    if (!seen.contains(title)) unseen.push_back(title);
  }
  const auto negatives = sampled_negatives(dataset, user, 1);
  double within10 = 0, within20 = 0, gain = 0, ideal = 0, sampled_hits = 0, best = 0;
  const auto count = static_cast<double>(test_user.targets.size());
  for (size_t t = 0; t < test_user.targets.size(); ++t) {
    const double rank = rank_among(scores, test_user.targets[t], unseen);
    within10 += rank < 10;
    within20 += rank < 20;
    if (rank < 10) gain += 1 / std::log2(rank + 2);
    if (rank < 10) best = std::max(best, 1 / (rank + 1));
    if (t < 10) ideal += 1 / std::log2(static_cast<double>(t) + 2);
    sampled_hits += rank_among(scores, test_user.targets[t], negatives) < 10;
    if (std::isnan(test_user.ratings[t])) continue;
    const double predicted = 5 / (1 + std::exp(-scores[test_user.targets[t]]));
    expected.tally.add("mse", std::pow(predicted - test_user.ratings[t], 2));
    expected.tally.add("rating/mae", std::abs(predicted - test_user.ratings[t]));
  }
  expected.tally.add("full_rank/hr@10", within10 > 0);
  expected.tally.add("full_rank/recall@20", within20 / count);
  expected.tally.add("full_rank/precision@10", within10 / 10);
  expected.tally.add("full_rank/ndcg@10", gain / ideal);
  expected.tally.add("full_rank/mrr@10", best);
  const Genres wanted(test_user.targets.begin(), test_user.targets.end());
  double right = 0, pairs = 0;
  for (const uint32_t target : wanted) {
    for (const uint32_t title : unseen) {
      if (wanted.contains(title)) continue;
      right += scores[target] > scores[title] ? 1 : scores[target] == scores[title] ? 0.5 : 0;
      pairs += 1;
    }
  }
  expected.tally.add("full_rank/auc", right / pairs);
  expected.tally.add("sampled_99/hr@10", sampled_hits / count);
}

void add_beyond(const data::Dataset& dataset, const TestUser& test_user, std::vector<float> scores,
                std::map<uint32_t, double>& user_counts, Expected& expected) {
  for (const uint32_t title : test_user.history) scores[title] = -1e9f;
  std::vector<uint32_t> list;
  for (int place = 0; place < 10; ++place) {
    list.push_back(
        static_cast<uint32_t>(std::max_element(scores.begin() + 1, scores.end()) - scores.begin()));
    scores[list.back()] = -1e9f;
  }
  const auto popularity = [&](uint32_t title) { return std::max(1.0, user_counts[title]); };
  std::set<uint32_t> obvious;
  const Genres seen(test_user.history.begin(), test_user.history.end());
  while (obvious.size() < 10) {
    uint32_t best = 0;
    for (uint32_t title = 1; title <= kTitles; ++title) {
      if (seen.contains(title) || obvious.contains(title)) continue;
      if (best == 0 || user_counts[title] > user_counts[best]) best = title;
    }
    obvious.insert(best);
  }
  const Genres wanted_next(test_user.targets.begin(), test_user.targets.end());
  double surprises = 0;
  for (const uint32_t title : list) {
    surprises += wanted_next.contains(title) && !obvious.contains(title);
  }
  expected.tally.add("beyond_accuracy/serendipity@10", surprises / 10);
  double bits = 0, shown = 0, known = 0, apart = 0, pairs = 0;
  for (const uint32_t title : list) {
    ++expected.shown[title];
    bits -= std::log2(popularity(title) / static_cast<double>(dataset.users())) / 10;
    shown += popularity(title) / 10;
    for (const uint32_t second : list) {
      const Genres a = genres_of(dataset, title), b = genres_of(dataset, second);
      if (second >= title || a.empty() || b.empty()) continue;
      apart += 1 - jaccard(a, b);
      pairs += 1;
    }
  }
  for (const uint32_t title : test_user.history) {
    known += popularity(title) / static_cast<double>(test_user.history.size());
  }
  expected.tally.add("beyond_accuracy/novelty@10", bits);
  if (pairs > 0) expected.tally.add("beyond_accuracy/diversity@10", apart / pairs);
  if (test_user.history.empty()) return;
  expected.tally.add("beyond_accuracy/popularity_lift@10", shown, known);
  auto wanted = genre_shares(dataset, test_user.history), given = genre_shares(dataset, list);
  if (wanted.empty() || given.empty()) return;
  double divergence = 0;
  for (const auto& [genre, p] : wanted) {
    divergence += p * std::log(p / (0.99 * given[genre] + 0.01 * p));
  }
  expected.tally.add("beyond_accuracy/calibration@10", divergence);
}

Expected expect(const data::Dataset& dataset, const tests::TinyBundle& bundle) {
  Expected expected;
  auto user_counts = users_of(dataset);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const TestUser test_user = user_of(dataset, user);
    if (test_user.targets.empty()) continue;
    const std::vector<float> scores = scores_of(bundle, test_user);
    add_accuracy(dataset, user, test_user, scores, expected);
    add_beyond(dataset, test_user, scores, user_counts, expected);
    expected.users += 1;
  }
  return expected;
}

// Mean absolute difference of all pairs, over twice the mean.
double gini_of(const std::map<uint32_t, int>& shown, double users) {
  std::vector<double> counts(kTitles);
  for (const auto& [title, times] : shown) counts[title - 1] = times;
  double apart = 0;
  for (const double a : counts) {
    for (const double b : counts) apart += std::abs(a - b);
  }
  const double mean = 10 * users / kTitles;
  return apart / (2.0 * kTitles * kTitles * mean);
}

TEST(Evaluate, AgreesWithTheDefinitions) {
  for (const char* split : {"temporal", "leave-one-out", "strong", "random"}) {
    const World world(split);
    evaluate(world.options());
    const Json json = report_json(world);
    const data::Dataset dataset(world.folder / "dataset");
    const Expected expected = expect(dataset, world.good);
    const Json& bundle = json.at("bundles").at(0);
    for (const char* metric : {"hr@10", "recall@20", "precision@10", "ndcg@10", "mrr@10", "auc"}) {
      EXPECT_NEAR(value_of(bundle, "full_rank", metric),
                  expected.tally[std::string("full_rank/") + metric], 1e-5)
          << split << ' ' << metric;
    }
    EXPECT_NEAR(value_of(bundle, "sampled_99", "hr@10"), expected.tally["sampled_99/hr@10"], 1e-5);
    EXPECT_NEAR(value_of(bundle, "rating", "rmse"), std::sqrt(expected.tally["mse"]), 1e-4);
    EXPECT_NEAR(value_of(bundle, "rating", "mae"), expected.tally["rating/mae"], 1e-4);
    for (const char* metric :
         {"novelty@10", "serendipity@10", "diversity@10", "popularity_lift@10", "calibration@10"}) {
      EXPECT_NEAR(value_of(bundle, "beyond_accuracy", metric),
                  expected.tally[std::string("beyond_accuracy/") + metric], 1e-4)
          << split << ' ' << metric;
    }
    EXPECT_NEAR(value_of(bundle, "beyond_accuracy", "coverage@10"),
                static_cast<double>(expected.shown.size()) / kTitles, 1e-9);
    EXPECT_NEAR(value_of(bundle, "beyond_accuracy", "gini@10"),
                gini_of(expected.shown, expected.users), 1e-9);
    EXPECT_EQ(json.at("test_users").at("users"), expected.users);
  }
}

TEST(Evaluate, RanksAmongTheCandidatesAlone) {
  const World world("leave-one-out");
  const data::Dataset dataset(world.folder / "dataset");
  // u0 gets ten candidates and the target itself, u1 five; the others have no rows.
  std::string rows = "user_id,title_id\n";
  Tally expected;
  for (const int who : {0, 1}) {
    const int64_t user = *dataset.find_user(cat("u", who));
    const TestUser test_user = user_of(dataset, user);
    if (test_user.targets.empty()) continue;
    std::vector<uint32_t> among;
    for (uint32_t title = 3; title < (who == 0 ? 13u : 8u); ++title) among.push_back(title);
    if (who == 0) among.push_back(test_user.targets[0]);
    for (const uint32_t title : among) {
      rows += cat("u", who, ",", dataset.catalogue().id(title), "\n");
    }
    const double rank = rank_among(scores_of(world.good, test_user), test_user.targets[0], among);
    expected.add("ndcg@5", rank < 5 ? 1 / std::log2(rank + 2) : 0);
  }
  EvaluationOptions options = world.options();
  options.candidates = world.folder.write("c.csv", rows);
  evaluate(options);
  const Json json = report_json(world);
  EXPECT_NEAR(value_of(json.at("bundles").at(0), "candidates", "ndcg@5"), expected["ndcg@5"], 1e-5);
}

}  // namespace
}  // namespace marquee::evaluation
