// What ingest makes of good input.
#include "data/ingest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.h"
#include "core/threads.h"
#include "data/time_range.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

constexpr const char* kHeader = "user_id,title_id,timestamp,event,value\n";

TEST(Ingest, SortsByUserThenTimeThenFileOrder) {
  const TempFolder folder;
  const Dataset dataset = ingested(
      folder, std::string(kHeader) + "b,x,5,,\na,y,9,,\nb,z,3,,\nb,w,5,,\na,x,9,,\nb,v,5,,\n");
  EXPECT_EQ(histories(dataset), (std::vector<std::string>{"b: z@3 x@5 w@5 v@5", "a: y@9 x@9"}));
}

TEST(Ingest, KeepsTheOrderOfFractionsOfASecond) {
  const TempFolder folder;
  const Dataset dataset = ingested(folder,
                                   "user_id,title_id,timestamp\n"
                                   "u,c,1600000000.75\nu,a,1600000000.000250\n"
                                   "u,b,2020-09-13T12:26:40.5Z\nu,d,1600000001\n"
                                   "u,z,1600000000\nv,b,-1.25\nv,a,-1.5\nv,c,-1\n");
  EXPECT_EQ(histories(dataset),
            (std::vector<std::string>{
                "u: z@1600000000 a@1600000000 b@1600000000 c@1600000000 d@1600000001",
                "v: a@-2 b@-2 c@-1"}));
}

TEST(UsualTimes, LeaveOutAFewThatAreFarFromTheRest) {
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 1'000; ++i) times.push_back(1'600'000'000 + i * 86'400);
  times.push_back(4'070'908'800);  // 2099
  times.push_back(0);
  const TimeRange usual = usual_times(times);
  EXPECT_TRUE(usual.contains(1'600'000'000));
  EXPECT_TRUE(usual.contains(1'600'000'000 + 999 * 86'400));
  EXPECT_FALSE(usual.contains(4'070'908'800));
  EXPECT_FALSE(usual.contains(0));
  EXPECT_TRUE(usual_times(std::vector<int64_t>{1, 4'070'908'800}).contains(1));
  EXPECT_TRUE(usual_times(std::vector<int64_t>(100, 5)).contains(5));
}

TEST(Ingest, NumbersTitlesOfTheFileFirst) {
  const TempFolder folder;
  const Dataset dataset =
      ingested(folder, std::string(kHeader) + "u,new,1,,\nu,b,2,,\nu,newer,3,,\n",
               "title_id,name\na,Alpha\nb,Beta\nc,\n");
  const Catalogue& titles = dataset.catalogue();
  std::vector<std::string> names;
  for (int64_t i = 0; i <= titles.size(); ++i) names.emplace_back(titles.name(i));
  EXPECT_EQ(names, (std::vector<std::string>{"", "Alpha", "Beta", "c", "new", "newer"}));
  EXPECT_EQ(titles.find("new"), 4);
  EXPECT_EQ(titles.find("none"), 0);
  EXPECT_EQ(titles.find(""), 0);
  const Json& facts = dataset.manifest().facts;
  EXPECT_EQ(facts["titles_without_interactions"], 2);
  EXPECT_EQ(facts["titles_only_in_interactions"], 2);
}

TEST(Ingest, KeepsAllThatATitlesFileSays) {
  const TempFolder folder;
  const Dataset dataset = ingested(
      folder, std::string(kHeader) + "u,a,1,,\n",
      "title_id,name,year,genres,actors,directors,studios,language,runtime_minutes,maturity,"
      "available_from,available_until,regions,comment,countries\n"
      "a,A,1995.0,Drama|Comedy | |Drama,X|Y,Z,S,en,81,PG-13,2020-01-01,1600000000,DE|FR,?,GB| "
      "FR|GB\n"
      "b,B,,(no genres listed),,,,,,,,,,,\n");
  const Catalogue& titles = dataset.catalogue();
  EXPECT_EQ(titles.year(1), 1995);
  EXPECT_EQ(titles.runtime_minutes(1), 81);
  EXPECT_EQ(titles.maturity(1), "PG-13");
  EXPECT_EQ(titles.available_from(1), 1577836800);
  EXPECT_EQ(titles.available_until(1), 1600000000);
  EXPECT_EQ(titles.regions(1), "DE|FR");
  EXPECT_EQ(titles.countries(1), "GB|FR");
  EXPECT_EQ(titles.countries(2), "");
  EXPECT_EQ(titles.features(Feature::kGenre, 1).size(), 2u);
  EXPECT_EQ(titles.feature_name(Feature::kGenre, 1), "Drama");
  EXPECT_EQ(titles.feature_name(Feature::kGenre, 2), "Comedy");
  EXPECT_EQ(titles.features(Feature::kActor, 1).size(), 2u);
  EXPECT_EQ(titles.year(2), 0);
  EXPECT_EQ(titles.available_from(2), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(titles.available_until(2), std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(titles.features(Feature::kGenre, 2).empty());
  const Json& genre = dataset.manifest().facts["features"]["genre"];
  EXPECT_EQ(genre["names"], 2);
  EXPECT_EQ(genre["titles"], 1);
  EXPECT_EQ(genre["coverage"], 0.5);
}

TEST(Ingest, GivesEventsTheirDefaults) {
  const TempFolder folder;
  const Dataset dataset =
      ingested(folder, std::string(kHeader) +
                           "u,a,1,,4.5\nu,a,2,,\nu,a,3,play,0.25\nu,a,4,hide,\nu,a,5,rating,3\n");
  const History history = dataset.history(0);
  const std::vector<Event> events(history.events.begin(), history.events.end());
  EXPECT_EQ(events, (std::vector<Event>{Event::kRating, Event::kPlay, Event::kPlay, Event::kHide,
                                        Event::kRating}));
  EXPECT_EQ(history.values[2], 0.25f);
  EXPECT_TRUE(std::isnan(history.values[3]));
  EXPECT_EQ(dataset.rating_scale().high, 4.5f);
  EXPECT_EQ(dataset.manifest().facts["has_ratings"], true);
  EXPECT_TRUE(history.propensities.empty());
}

TEST(Ingest, KeepsHowItWasShown) {
  const TempFolder folder;
  const Dataset dataset = ingested(folder,
                                   "user_id,title_id,timestamp,propensity,position\n"
                                   "v,a,3,1,2\nu,a,2,0.25,0\nu,b,1,,\nv,b,1,,7\n");
  const History history = dataset.history(1);
  EXPECT_EQ(dataset.user_id(1), "u");
  EXPECT_TRUE(std::isnan(history.propensities[0]));
  EXPECT_EQ(history.positions[0], kNoPosition);
  EXPECT_EQ(history.propensities[1], 0.25f);
  EXPECT_EQ(history.positions[1], 0u);
  EXPECT_EQ(dataset.history(0).positions[0], 7u);
}

TEST(Ingest, KeepsRepeatedInteractions) {
  const TempFolder folder;
  EXPECT_EQ(ingested(folder, std::string(kHeader) + "u,a,1,,\nu,a,1,,\n").interactions(), 2);
}

TEST(Ingest, KeepsUsersAttributes) {
  const TempFolder folder;
  const Dataset dataset = ingested(folder, std::string(kHeader) + "u,a,1,,\nv,a,1,,\n", "",
                                   "age,user_id,gender\n31,v,f\n40,nobody,m\n");
  EXPECT_EQ(dataset.attribute_names(), (std::vector<std::string>{"age", "gender"}));
  EXPECT_EQ(dataset.attribute(0, 0), "");
  EXPECT_EQ(dataset.attribute(0, 1), "31");
  EXPECT_EQ(dataset.attribute(1, 1), "f");
  EXPECT_EQ(dataset.manifest().facts["users_without_interactions"], 1);
}

TEST(Ingest, AcceptsByteOrderMarkCrlfQuotesAndOtherOrders) {
  const TempFolder folder;
  const Dataset dataset = ingested(
      folder, "\xEF\xBB\xBFtimestamp,note,title_id,user_id\r\n1,\"x\ny\",\"a,\"\"b\",ü\r\n2,,c,ü");
  EXPECT_EQ(histories(dataset), (std::vector<std::string>{"ü: a,\"b@1 c@2"}));
}

TEST(Ingest, ReadsJsonLinesAsItReadsCsv) {
  const TempFolder folder;
  const Dataset dataset = ingested(
      folder,
      "{\"user_id\":\"u\",\"title_id\":7,\"timestamp\":1.5,\"x\":[{}]}\r\n\n"
      "{\"timestamp\":\"1970-01-01T00:00:02Z\" , \"value\": 4.0 ,\"title_id\":\"a\\\"\\u00e9\","
      "\"user_id\":\"u\",\"event\":null}",
      "{\"title_id\":\"7\",\"name\":\"Seven\",\"genres\":[\"Crime\",\"Drama\"],\"year\":1995}\n"
      "{\"title_id\":\"8\",\"name\":\"Eight\",\"genres\":\"Crime|War\"}\n",
      "{\"user_id\":\"u\",\"age\":31}\n");
  EXPECT_EQ(histories(dataset), (std::vector<std::string>{"u: 7@1 a\"é@2"}));
  EXPECT_EQ(dataset.history(0).values[1], 4.0f);
  EXPECT_EQ(dataset.history(0).events[1], Event::kRating);
  EXPECT_EQ(dataset.catalogue().features(Feature::kGenre, 1).size(), 2u);
  EXPECT_EQ(dataset.catalogue().features(Feature::kGenre, 2).size(), 2u);
  EXPECT_EQ(dataset.catalogue().year(1), 1995);
  EXPECT_EQ(dataset.attribute(0, 0), "31");
}

TEST(Ingest, WorksWithOneUserOneTitleAndNoTest) {
  const TempFolder folder;
  for (const Split split :
       {Split::kLeaveOneOut, Split::kTemporal, Split::kRandom, Split::kStrong}) {
    IngestOptions options = options_for(folder, "user_id,title_id,timestamp\nu,t,1\n");
    options.split.split = split;
    ingest(options);
    const Dataset dataset(folder / "out");
    EXPECT_EQ(dataset.interactions(), 1);
    EXPECT_EQ(dataset.rating_scale().high, 1.0f);
    EXPECT_EQ(dataset.find_user("u"), 0);
    EXPECT_EQ(dataset.find_user("v"), std::nullopt);
  }
  EXPECT_EQ(ingested(folder, "user_id,title_id,timestamp\nu,t,1\n").train_counts(),
            (std::vector<int64_t>{0, 1}));
}

// Several pieces of a file, users and times in any order: as if all rows were sorted at once.
TEST(Ingest, AgreesWithSortingInMemoryWhateverTheThreads) {
  struct Play {
    std::string user, title;
    int64_t time;
  };
  std::vector<Play> plays;
  std::string text = "user_id,title_id,timestamp,note\n";
  RandomStream random(5, "plays");
  const std::string note(40, 'n');
  for (int i = 0; i < 250'000; ++i) {
    plays.push_back({"user" + std::to_string(random.below(3'000)),
                     std::to_string(random.below(900)), static_cast<int64_t>(random.below(500))});
    text += plays.back().user + ",\"" + plays.back().title + "\"," +
            std::to_string(plays.back().time) + ",\"" + note + "\n" + note + "\"\n";
  }
  std::vector<std::string> users;
  std::unordered_map<std::string, std::vector<Play>> by_user;
  for (const Play& play : plays) {
    auto& history = by_user[play.user];
    if (history.empty()) users.push_back(play.user);
    history.push_back(play);
  }
  std::vector<std::string> expected;
  for (const std::string& user : users) {
    auto& history = by_user[user];
    std::stable_sort(history.begin(), history.end(),
                     [](auto& a, auto& b) { return a.time < b.time; });
    std::string line = user + ":";
    for (const Play& play : history) line += " " + play.title + "@" + std::to_string(play.time);
    expected.push_back(line);
  }
  const TempFolder folder;
  std::string manifest;
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    const Dataset dataset = ingested(folder, text);
    ASSERT_EQ(histories(dataset), expected);
    const std::string now = read_file(folder / "out/manifest.json");
    EXPECT_TRUE(manifest.empty() || now == manifest);
    manifest = now;
  }
  set_thread_count(0);
}

}  // namespace
}  // namespace marquee::data
