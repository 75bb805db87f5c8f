// What a privacy audit computes, against values by hand and against what was planted.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/random.h"
#include "core/threads.h"
#include "evaluation/privacy/people.h"
#include "evaluation/privacy/probe.h"
#include "evaluation/privacy/roc.h"
#include "evaluation/privacy/traces.h"
#include "inference/ranker.h"
#include "tests/evaluation/world.h"

namespace marquee::evaluation {
namespace {

SeparatedScores normal_scores(int each, double shift, uint64_t seed) {
  RandomStream random(seed, "scores");
  SeparatedScores scores;
  for (int i = 0; i < each; ++i) {
    scores.in.push_back(random.normal() + shift);
    scores.out.push_back(random.normal());
  }
  return scores;
}

TEST(Roc, AreaByHand) {
  EXPECT_DOUBLE_EQ(area_under_curve({{3, 4}, {1, 2}}), 1);
  EXPECT_DOUBLE_EQ(area_under_curve({{1}, {2}}), 0);
  EXPECT_DOUBLE_EQ(area_under_curve({{5, 5, 5}, {5, 5}}), 0.5);
  // Of 3 × 4 pairs 8 are in order and 1 is a tie.
  EXPECT_DOUBLE_EQ(area_under_curve({{1, 3, 5}, {0, 2, 3, 1.5}}), 8.5 / 12);
}

TEST(Roc, StandardErrorOfDeLongByHand) {
  // Shares of the others below: of `in` 1, 1/2, 1; of `out` (1 - share of `in` above) 0, 1/3.
  // Variances of a sample: 1/12 and 1/18; error² = 1/12/3 + 1/18/2.
  const Area area = area_with_interval({{3, 1, 4}, {0, 2}});
  const double auc = 5.0 / 6, error = std::sqrt(1.0 / 36 + 1.0 / 36);
  EXPECT_DOUBLE_EQ(area.auc.value, auc);
  EXPECT_NEAR(area.auc.low, auc - 1.96 * error, 1e-12);
  EXPECT_DOUBLE_EQ(area.auc.high, 1);
}

TEST(Roc, IntervalHoldsTheTruthAsOftenAsItSays) {
  const double truth = 0.5 * (1 + std::erf(0.4 / 2));  // of two normals 0.4 apart
  int held = 0, found = 0;
  for (uint64_t trial = 0; trial < 400; ++trial) {
    const Area area = area_with_interval(normal_scores(150, 0.4, trial));
    held += area.auc.low <= truth && truth <= area.auc.high;
    found += area_with_interval(normal_scores(150, 0, trial + 1'000)).p < 0.05;
  }
  EXPECT_NEAR(held / 400.0, 0.95, 0.03);
  EXPECT_NEAR(found / 400.0, 0.05, 0.03);
}

TEST(Roc, CertaintyAndChanceHaveTheirPs) {
  const Area certain = area_with_interval({{3, 4, 5}, {0, 1, 2}});
  EXPECT_EQ(certain.auc, (Interval{1, 1, 1}));
  EXPECT_EQ(certain.p, 0);
  const Area none = area_with_interval({{1, 1, 1}, {1, 1, 1}});
  EXPECT_EQ(none.auc, (Interval{0.5, 0.5, 0.5}));
  EXPECT_EQ(none.p, 1);
}

TEST(Roc, FoundAtAShareOfOthersByHand) {
  SeparatedScores scores;
  for (int i = 0; i < 200; ++i) scores.out.push_back(i);
  scores.in = {10, 197, 197.5, 198, 300};
  EXPECT_DOUBLE_EQ(found_at(scores, 0.01), 3.0 / 5);   // 198 and 199 are allowed to be above
  EXPECT_DOUBLE_EQ(found_at(scores, 0.005), 1.0 / 5);  // only 199; 198 is not above 198
  EXPECT_DOUBLE_EQ(found_at(scores, 0), 1.0 / 5);
  EXPECT_DOUBLE_EQ(found_at(scores, 1), 1);
  // Where all are the same, no threshold is between them.
  EXPECT_DOUBLE_EQ(found_at({{1, 1}, {1, 1}}, 0.5), 0);
  const auto curve = roc_curve(scores);
  EXPECT_EQ(curve.size(), 101U);
  EXPECT_EQ(curve[1], (std::pair{0.01, 3.0 / 5}));
  EXPECT_EQ(curve.back(), (std::pair{1.0, 1.0}));
}

TEST(Roc, IntervalOfTheShareFoundHoldsTheTruth) {
  // Of normals 1 apart: the share above the threshold that 1 % of the others are above.
  const double truth = 0.5 * std::erfc((2.3263478740 - 1) / std::sqrt(2));
  int held = 0;
  for (uint64_t trial = 0; trial < 100; ++trial) {
    const Interval found = found_with_interval(normal_scores(1'000, 1, trial), 0.01, {trial, 200});
    held += found.low <= truth && truth <= found.high;
  }
  EXPECT_GE(held, 85);
}

// Vectors of which the first number has something to do with the group, and the others nothing.
struct Vectors {
  std::vector<float> features;
  std::vector<int> labels;
  static constexpr size_t kWidth = 12;

  Vectors(int people, int groups, double planted) {
    RandomStream random(3, "vectors");
    for (int i = 0; i < people; ++i) {
      labels.push_back(static_cast<int>(random.below(static_cast<uint64_t>(groups))));
      for (size_t f = 0; f < kWidth; ++f) {
        const double mean = 5 + (f == 0 ? planted * labels.back() : 0);
        features.push_back(static_cast<float>(mean + random.normal()));
      }
    }
  }

  Probed probed(int groups) const {
    return probe({.features = features, .width = kWidth, .labels = labels, .groups = groups},
                 {.seed = 1, .resamples = 200});
  }
};

TEST(Probe, FindsWhatWasPlanted) {
  const Probed found = Vectors(400, 2, 1).probed(2);
  const double best = 0.5 * (1 + std::erf(0.5));  // of the number itself
  EXPECT_NEAR(found.auc.value, best, 0.06);
  EXPECT_GT(found.auc.low, found.shuffled_high);
  EXPECT_NEAR(found.p, 1.0 / (kShuffles + 1), 1e-12);
  EXPECT_NEAR(found.each[0].value, found.each[1].value, 1e-9);  // two groups: one question
}

TEST(Probe, DoesNotFindACoin) {
  int found = 0;
  for (const int groups : {2, 3, 5}) {
    const Probed coin = Vectors(300, groups, 0).probed(groups);
    EXPECT_NEAR(coin.auc.value, 0.5, 0.08);
    EXPECT_NEAR(coin.shuffled_high, 0.55, 0.05);
    found += coin.p < 0.05;
  }
  EXPECT_LE(found, 1);
}

TEST(Probe, PeopleWithoutAGroupAreLeftOut) {
  Vectors all(400, 2, 1);
  Vectors some = all;
  for (size_t i = 0; i < some.labels.size(); i += 4) {
    some.labels[i] = -1;
    some.features[i * Vectors::kWidth] = 1e6F;
  }
  EXPECT_NEAR(some.probed(2).auc.value, all.probed(2).auc.value, 0.06);
}

TEST(Probe, OfNumbersThatAreAllTheSameIsAHalf) {
  Vectors same(100, 2, 0);
  std::ranges::fill(same.features, 0.1F);
  const Probed found = same.probed(2);
  EXPECT_EQ(found.auc, (Interval{0.5, 0.5, 0.5}));
  EXPECT_EQ(found.p, 1);
}

TEST(Probe, DoesNotDependOnThreads) {
  const Vectors vectors(200, 3, 0.3);
  const int threads = thread_count();
  set_thread_count(1);
  const Probed alone = vectors.probed(3);
  set_thread_count(4);
  const Probed together = vectors.probed(3);
  set_thread_count(threads);
  EXPECT_EQ(alone.auc, together.auc);
  EXPECT_EQ(alone.p, together.p);
}

// `users` members with 3 to 20 titles each, one of which they dislike.
data::Dataset members(const TempFolder& folder, int users, data::Split split) {
  RandomStream random(8, "members");
  std::string events = "user_id,title_id,timestamp,event\n";
  for (int user = 0; user < users; ++user) {
    const auto titles = 3 + random.below(18);
    for (uint64_t i = 0; i < titles; ++i) {
      events += "u" + std::to_string(user) + ",t" + std::to_string((i * 7 + user) % 90) + "," +
                std::to_string(1'000 + i) + (i == 1 ? ",dislike\n" : ",play\n");
    }
  }
  auto options = data::options_for(folder, events);
  options.split.split = split;
  data::ingest(options);
  return data::Dataset(folder / "out");
}

TEST(People, AreMembersAndOthersWithHistoriesOfTheSameLength) {
  const TempFolder folder;
  const data::Dataset dataset = members(folder, 600, data::Split::kStrong);
  const People people = find_people(dataset, 1);
  EXPECT_GT(people.pairs(), 60);
  EXPECT_NEAR(people.member_titles, people.held_out_titles, 0.05);
  std::set<int64_t> met;
  for (size_t i = 0; i < people.all.size(); ++i) {
    const Person& person = people.all[i];
    EXPECT_TRUE(met.insert(person.user).second) << "nobody is there twice";
    EXPECT_EQ(person.member, i % 2 == 1);
    const data::History events = dataset.history(person.user);
    for (const data::Part part : events.parts) EXPECT_EQ(part == data::Part::kTrain, person.member);
    EXPECT_EQ(static_cast<int64_t>(person.history.titles.size()), events.size());
    EXPECT_EQ(person.history.ages.back(), 0);
    EXPECT_EQ(std::ssize(person.titles), events.size() - 1) << "what is disliked is not hidden";
    EXPECT_GE(person.titles.size(), static_cast<size_t>(kHistoryParts));
    for (int part = 0; part < kHistoryParts; ++part) {
      EXPECT_GE(std::ranges::count(person.parts, part), 1);
    }
  }
}

TEST(People, HaveToBeHeldOutAndEnough) {
  const TempFolder folder;
  EXPECT_NE(
      data::error_of(folder, [&] { find_people(members(folder, 600, data::Split::kTemporal), 1); })
          .find("holds nobody out"),
      std::string::npos);
  const std::string few =
      data::error_of(folder, [&] { find_people(members(folder, 80, data::Split::kStrong), 1); });
  EXPECT_NE(few.find("30 of each are needed"), std::string::npos) << few;
  EXPECT_NE(few.find("--split strong"), std::string::npos) << few;
}

// Two people, one of whom watched title 9 twice and dislikes title 80.
People two_people() {
  People people;
  for (const bool member : {false, true}) {
    Person& person = people.all.emplace_back();
    person.member = member;
    for (uint32_t i = 0; i < 7; ++i) {
      person.titles.push_back(member ? 3 + 2 * i : 40 + 5 * i);
      person.parts.push_back(static_cast<uint8_t>(i % kHistoryParts));
    }
    person.history.titles = person.titles;
    if (member) person.history.titles.insert(person.history.titles.end(), {9, 80});
    person.history.signals.assign(person.history.titles.size(), 1);
    person.history.ages.assign(person.history.titles.size(), 0);
    if (member) person.history.signals.back() = 0;
  }
  return people;
}

// log(1 + rank) of a title for a history without its part, title by title.
double log_rank(const inference::Ranker& ranker, const Person& person, size_t at, int titles) {
  inference::UserHistory rest;
  for (size_t i = 0; i < person.history.titles.size(); ++i) {
    const auto own = std::ranges::find(person.titles, person.history.titles[i]);
    const bool hidden =
        own != person.titles.end() &&
        person.parts[static_cast<size_t>(own - person.titles.begin())] == person.parts[at];
    if (hidden) continue;
    rest.titles.push_back(person.history.titles[i]);
    rest.signals.push_back(person.history.signals[i]);
    rest.ages.push_back(0);
  }
  const auto row = ranker.encode({&rest, 1});
  double rank = 0;
  float own = 0, other = 0;
  ranker.score(row, {&person.titles[at], 1}, {&own, 1});
  for (uint32_t title = 1; title <= static_cast<uint32_t>(titles); ++title) {
    if (title == person.titles[at] || std::ranges::count(rest.titles, title) > 0) continue;
    ranker.score(row, {&title, 1}, {&other, 1});
    rank += other > own ? 1 : other == own ? 0.5 : 0;
  }
  return std::log1p(rank);
}

TEST(Traces, OfHiddenTitlesAndTheHistoryByBruteForce) {
  const World world("strong");
  const data::Dataset dataset(world.folder / "dataset");
  const inference::Bundle bundle(world.folder / "good");
  const People people = two_people();
  const Traces traces = find_traces(bundle, dataset, people, 1, [](int64_t) {});
  const inference::Ranker ranker(bundle);
  const auto counts = dataset.train_counts();
  const auto titles = static_cast<int>(dataset.catalogue().size());
  for (size_t p = 0; p < people.all.size(); ++p) {
    const Person& person = people.all[p];
    const auto row = ranker.encode({&person.history, 1});
    std::vector<double> scores;
    double hidden = 0, beyond = 0, own = 0, all = 0;
    for (uint32_t title = 1; title <= static_cast<uint32_t>(titles); ++title) {
      float score = 0;
      ranker.score(row, {&title, 1}, {&score, 1});
      scores.push_back(score);
      all += std::exp(scores.back());
    }
    for (size_t i = 0; i < person.titles.size(); ++i) {
      const double by_model = log_rank(ranker, person, i, titles);
      double rank = -0.5;  // the title is as popular as itself
      for (int other = 1; other <= titles; ++other) {
        const auto difference = counts[static_cast<size_t>(other)] - counts[person.titles[i]];
        rank += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
      }
      hidden -= by_model / 7;
      beyond += (std::log1p(rank) - by_model) / 7;
      own += scores[person.titles[i] - 1] / 7;
    }
    EXPECT_NEAR(traces.hidden_titles[p], hidden, 1e-9);
    EXPECT_NEAR(traces.beyond_popularity[p], beyond, 1e-9);
    EXPECT_NEAR(traces.history_loss[p], own - std::log(all), 1e-5);
    EXPECT_TRUE(std::ranges::equal(std::span(traces.features).subspan(p * kDim, kDim), row));
  }
  EXPECT_NE(traces.similarity[0], traces.popular_lists[0]) << "no member: popular titles";
  EXPECT_EQ(traces.similarity[1], traces.popular_lists[1]);
}

}  // namespace
}  // namespace marquee::evaluation
