#include "evaluation/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/random.h"
#include "core/text.h"
#include "tests/data/fixtures.h"

namespace marquee::evaluation {
namespace {

data::Dataset small_dataset(const TempFolder& folder) {
  std::string events = "user_id,title_id,timestamp\n", titles = "title_id,name\n";
  RandomStream random(1, "events");
  for (int title = 0; title < 300; ++title) titles += cat("t", title, ",Title\n");
  for (int user = 0; user < 20; ++user) {
    for (int i = 0; i < 3 + 12 * user; ++i) {
      events += cat("u", user, ",t", random.below(300), ",", i, "\n");
    }
  }
  data::IngestOptions options;
  options.interactions = {folder.write("events.csv", events)};
  options.titles = {folder.write("titles.csv", titles)};
  options.out = folder / "dataset";
  data::ingest(options);
  return data::Dataset(folder / "dataset");
}

TEST(SampledNegatives, WereNeverMetAndAreDistinctAndFixed) {
  const TempFolder folder;
  const data::Dataset dataset = small_dataset(folder);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const auto negatives = sampled_negatives(dataset, user, 5);
    const auto met = dataset.history(user).titles;
    const std::set<uint32_t> seen(met.begin(), met.end());
    ASSERT_EQ(negatives.size(), std::min<size_t>(99, 300 - seen.size()));
    EXPECT_EQ(std::set<uint32_t>(negatives.begin(), negatives.end()).size(), negatives.size());
    for (const uint32_t title : negatives) {
      EXPECT_FALSE(seen.contains(title));
      EXPECT_GE(title, 1u);
      EXPECT_LE(title, 300u);
    }
    EXPECT_EQ(negatives, sampled_negatives(dataset, user, 5));
  }
  EXPECT_NE(sampled_negatives(dataset, 0, 5), sampled_negatives(dataset, 0, 6));
}

TEST(SampledNegatives, AreDrawnEvenly) {
  const TempFolder folder;
  const data::Dataset dataset = small_dataset(folder);
  std::map<uint32_t, int> drawn;
  constexpr int kSeeds = 2'000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const uint32_t title : sampled_negatives(dataset, 0, seed)) ++drawn[title];
  }
  const double unmet = static_cast<double>(drawn.size()), expected = 99.0 * kSeeds / unmet;
  for (const auto& [title, times] : drawn) EXPECT_NEAR(times, expected, 0.2 * expected) << title;
}

TEST(Candidates, RepeatedRowsCountOnce) {
  const TempFolder folder;
  const data::Dataset dataset = small_dataset(folder);
  const Candidates candidates(
      folder.write("c.csv", "title_id,user_id\nt3,u1\nt2,u1\nt3,u1\nt9,u4\n"), dataset);
  const int64_t user = *dataset.find_user("u1");
  std::vector<uint32_t> expected = {static_cast<uint32_t>(dataset.catalogue().find("t2")),
                                    static_cast<uint32_t>(dataset.catalogue().find("t3"))};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(candidates.of(user), expected);
  EXPECT_TRUE(candidates.of(*dataset.find_user("u2")).empty());
  EXPECT_EQ(candidates.rows(), 3);
}

TEST(Candidates, NameEveryRowThatIsWrong) {
  const TempFolder folder;
  const data::Dataset dataset = small_dataset(folder);
  const auto file = folder.write("c.csv", "user_id,title_id\nu1,t3\nnobody,t2\nu1,nothing\n");
  const std::string error = data::error_of(folder, [&] { Candidates(file, dataset); });
  EXPECT_NE(error.find("c.csv:3: user_id \"nobody\": not in the dataset"), std::string::npos)
      << error;
  EXPECT_NE(error.find("c.csv:4: title_id \"nothing\": not in the dataset"), std::string::npos)
      << error;
}

TEST(Candidates, NeedBothColumns) {
  const TempFolder folder;
  const data::Dataset dataset = small_dataset(folder);
  const auto file = folder.write("c.csv", "user_id,item\nu1,t3\n");
  const std::string error = data::error_of(folder, [&] { Candidates(file, dataset); });
  EXPECT_NE(error.find("title_id"), std::string::npos) << error;
}

}  // namespace
}  // namespace marquee::evaluation
