// Every layout in which MovieLens was published.
#include <gtest/gtest.h>

#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

Dataset ingested_movielens(const TempFolder& folder) {
  IngestOptions options;
  options.movielens = folder.path();
  options.out = folder / "out";
  options.name = "ml";
  ingest(options);
  return Dataset(folder / "out");
}

std::string values(const Catalogue& catalogue, Feature feature, int64_t title) {
  std::string text;
  for (const uint32_t value : catalogue.features(feature, title)) {
    text += (text.empty() ? "" : "|") + std::string(catalogue.feature_name(feature, value));
  }
  return text;
}

const std::vector<std::string> kHistories = {"1: 7@10 50@20", "2: 7@5"};

TEST(MovieLens, CsvOfLatestSmallTo32M) {
  const TempFolder folder;
  folder.write("ratings.csv",
               "userId,movieId,rating,timestamp\r\n1,50,4.0,20\r\n1,7,0.5,10\r\n2,7,5.0,5\r\n");
  folder.write("movies.csv",
               "movieId,title,genres\r\n7,\"American President, The (1995) \",Comedy|Drama\r\n"
               "50,Babylon 5,(no genres listed)\r\n51,\"11'09\"\"01 (2002)\",Drama\r\n"
               "52,Fawlty Towers (1975-1979),Comedy\r\n53,Blade (20049),\r\n");
  folder.write("credits.csv",
               "movieId,directors,actors,studios,releaseDate,language,countries\n"
               "7,Rob Reiner,\"Michael Douglas|Annette Bening\",Castle Rock,1995-11-17,en,US\n"
               "50,,,,1994-01-26,en,\n999,X,Y,Z,2000-01-01,en,US\n");
  const Dataset dataset = ingested_movielens(folder);
  const Catalogue& titles = dataset.catalogue();
  EXPECT_EQ(histories(dataset), kHistories);
  EXPECT_EQ(dataset.history(0).values[0], 0.5f);
  EXPECT_EQ(dataset.history(0).events[0], Event::kRating);
  EXPECT_EQ(dataset.rating_scale().high, 5.0f);
  ASSERT_EQ(titles.size(), 5);
  EXPECT_EQ(titles.name(1), "American President, The (1995) ");
  EXPECT_EQ(titles.name(3), "11'09\"01 (2002)");
  EXPECT_EQ(titles.year(1), 1995);
  EXPECT_EQ(titles.year(2), 1994);  // from the credits
  EXPECT_EQ(titles.year(4), 1975);
  EXPECT_EQ(titles.year(5), 0);
  EXPECT_EQ(values(titles, Feature::kGenre, 1), "Comedy|Drama");
  EXPECT_EQ(values(titles, Feature::kGenre, 2), "");
  EXPECT_EQ(values(titles, Feature::kActor, 1), "Michael Douglas|Annette Bening");
  EXPECT_EQ(values(titles, Feature::kDirector, 1), "Rob Reiner");
  EXPECT_EQ(values(titles, Feature::kStudio, 1), "Castle Rock");
  EXPECT_EQ(values(titles, Feature::kLanguage, 2), "en");
  EXPECT_EQ(titles.countries(1), "US");
  EXPECT_EQ(titles.countries(2), "");
}

TEST(MovieLens, Of100KWithFlagsForGenresInLatin1) {
  const TempFolder folder;
  folder.write("u.data", "1\t50\t4\t20\n1\t7\t1\t10\n2\t7\t5\t5\n");
  folder.write("u.item",
               "7|Caf\xE9 (1995)|01-Jan-1995||http://x|0|1|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
               "50|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n\n");
  folder.write("u.user", "1|24|M|technician|85711\n2|53|F|other|94043\n3|23|M|writer|32067\n");
  const Dataset dataset = ingested_movielens(folder);
  EXPECT_EQ(histories(dataset), kHistories);
  EXPECT_EQ(dataset.catalogue().name(1), "Café (1995)");
  EXPECT_EQ(dataset.catalogue().year(1), 1995);
  EXPECT_EQ(values(dataset.catalogue(), Feature::kGenre, 1), "Action|Comedy");
  EXPECT_EQ(values(dataset.catalogue(), Feature::kGenre, 2), "");
  EXPECT_EQ(dataset.attribute_names(),
            (std::vector<std::string>{"age", "gender", "occupation", "zip_code"}));
  EXPECT_EQ(dataset.attribute(0, 1), "53");
  EXPECT_EQ(dataset.attribute(1, 0), "M");
  EXPECT_EQ(dataset.manifest().facts["users_without_interactions"], 1);
}

TEST(MovieLens, Of1MWithColonsInLatin1) {
  const TempFolder folder;
  folder.write("ratings.dat", "1::50::4::20\n1::7::1::10\n2::7::5::5\n");
  folder.write("movies.dat",
               "7::Star Wars: \xC9pisode (1977)::Action|Sci-Fi\n50::B (1980)::Drama\n");
  folder.write("users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n");
  const Dataset dataset = ingested_movielens(folder);
  EXPECT_EQ(histories(dataset), kHistories);
  EXPECT_EQ(dataset.catalogue().name(1), "Star Wars: Épisode (1977)");
  EXPECT_EQ(dataset.catalogue().year(1), 1977);
  EXPECT_EQ(dataset.attribute(0, 0), "F");
}

TEST(MovieLens, Of10MWithoutUsersInUtf8) {
  const TempFolder folder;
  folder.write("ratings.dat", "1::50::4.5::20\n1::7::0.5::10\n2::7::5::5\n");
  folder.write("movies.dat", "7::Amélie (2001)::Comedy\n50::B (1980)::Drama\n");
  const Dataset dataset = ingested_movielens(folder);
  EXPECT_EQ(histories(dataset), kHistories);
  EXPECT_EQ(dataset.catalogue().name(1), "Amélie (2001)");
  EXPECT_TRUE(dataset.attribute_names().empty());
}

TEST(MovieLens, OfAnotherFolderNamesTheRightOne) {
  const TempFolder folder;
  IngestOptions options;
  options.movielens = folder.path();
  options.out = folder / "out";
  const auto error = [&] { return error_of(folder, [&] { ingest(options); }); };
  EXPECT_TRUE(error().ends_with("name the folder that the archive was unpacked to")) << error();
  std::filesystem::create_directory(folder / "ml-1m");
  folder.write("ml-1m/ratings.dat", "");
  EXPECT_TRUE(error().ends_with("did you mean ml-1m?")) << error();
  options.movielens = folder / "none";
  EXPECT_EQ(error(), "there is no folder none");
}

TEST(MovieLens, RealLatestSmallWithCredits) {
  const char* data = std::getenv("MARQUEE_DATA");
  if (data == nullptr) GTEST_SKIP() << "set MARQUEE_DATA to the folder that holds ml-latest-small";
  const TempFolder folder;
  IngestOptions options;
  options.movielens = std::filesystem::path(data) / "ml-latest-small";
  options.out = folder / "out";
  ingest(options);
  const Dataset dataset(folder / "out");
  const Catalogue& titles = dataset.catalogue();
  EXPECT_EQ(dataset.name(), "ml-latest-small");
  EXPECT_EQ(dataset.interactions(), 100'836);
  EXPECT_EQ(dataset.users(), 610);
  EXPECT_EQ(titles.size(), 9'742);
  EXPECT_EQ(titles.vocabulary_size(Feature::kGenre), 19);
  const int64_t toy_story = titles.find("1");
  EXPECT_EQ(titles.name(toy_story), "Toy Story (1995)");
  EXPECT_EQ(titles.year(toy_story), 1995);
  EXPECT_EQ(values(titles, Feature::kActor, toy_story),
            "Tom Hanks|Tim Allen|Don Rickles|Jim Varney|Wallace Shawn");
  EXPECT_EQ(dataset.manifest().facts["test"], 610);
}

}  // namespace
}  // namespace marquee::data
