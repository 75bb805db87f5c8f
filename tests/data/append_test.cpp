// Files that are added to a dataset give what one ingest of everything gives.
#include "data/append.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/file.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

constexpr const char* kHeader = "user_id,title_id,timestamp,event,value\n";
using Lines = std::vector<std::string>;

// All that a dataset holds but its manifest.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const FileEntry& entry : read_manifest(folder).files) {
    files[entry.path] = read_file(folder / entry.path);
  }
  return files;
}

// The facts that what is appended must not change.
Json facts_of(const std::filesystem::path& folder) { return read_manifest(folder).facts; }

// Ingests the parts one after the other, each with the titles and users files.
void append_all(const TempFolder& folder, const Lines& parts, IngestOptions options) {
  for (size_t i = 0; i < parts.size(); ++i) {
    options.interactions = {folder.write("part" + std::to_string(i) + ".csv", parts[i])};
    options.out = folder / ("out" + std::to_string(i));
    options.append = i == 0 ? "" : folder / ("out" + std::to_string(i - 1));
    options.name = "x";
    ingest(options);
  }
}

// Rows of few seconds, some with fractions, so that times tie across parts.
std::string some_rows(size_t count, uint32_t seed, bool fractions, bool shown) {
  std::mt19937 random(seed);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += "u" + std::to_string(random() % 40) + ",t" + std::to_string(random() % 30) + "," +
            std::to_string(100 + random() % 9) + (fractions && random() % 2 == 0 ? ".5" : "");
    text += random() % 3 == 0 ? ",rating," + std::to_string(random() % 5) : ",,";
    if (shown) text += random() % 2 == 0 ? ",0.5,3" : ",,";
    text += "\n";
  }
  return text;
}

void expect_one_ingest(const Lines& headers, const Lines& rows, const SplitOptions& split,
                       const Thinning& thinning = {}) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, "", "title_id,name,genres\nt3,Three,A|B\nt1,One,B\n",
                                      "user_id,plan\nu5,basic\nu1,full\n");
  options.split = split;
  options.mapping.thinning = thinning;
  if (thinning.any()) options.mapping_yaml = "as it is written";
  Lines parts;
  for (size_t i = 0; i < rows.size(); ++i) parts.push_back(headers[i] + rows[i]);
  append_all(folder, parts, options);

  options.interactions.clear();
  for (size_t i = 0; i < parts.size(); ++i) {
    options.interactions.push_back(folder / ("part" + std::to_string(i) + ".csv"));
  }
  options.name = "x";
  options.out = folder / "all";
  ingest(options);
  const auto last = folder / ("out" + std::to_string(parts.size() - 1));
  EXPECT_EQ(contents(last), contents(folder / "all"));
  Json facts = facts_of(last);
  EXPECT_EQ(facts["grown_from"].size(), parts.size() - 1);
  facts.erase("grown_from");
  EXPECT_EQ(facts, facts_of(folder / "all"));
  EXPECT_EQ(read_manifest(last).sources.front().kind, "dataset");
}

TEST(Append, GivesWhatOneIngestGives) {
  for (const Split split :
       {Split::kLeaveOneOut, Split::kTemporal, Split::kRandom, Split::kStrong}) {
    expect_one_ingest({kHeader, kHeader, kHeader},
                      {some_rows(300, 1, false, false), some_rows(40, 2, false, false),
                       some_rows(60, 3, false, false)},
                      {split, 7});
  }
}

TEST(Append, KeepsTheOrderOfFractionsOfASecond) {
  expect_one_ingest({kHeader, kHeader},
                    {some_rows(200, 1, true, false), some_rows(200, 2, true, false)}, {});
  expect_one_ingest({kHeader, kHeader},
                    {some_rows(200, 1, false, false), some_rows(200, 2, true, false)}, {});
  expect_one_ingest({kHeader, kHeader},
                    {some_rows(200, 1, true, false), some_rows(200, 2, false, false)}, {});
}

TEST(Append, KeepsHowThingsWereShown) {
  const std::string shown = "user_id,title_id,timestamp,event,value,propensity,position\n";
  expect_one_ingest({kHeader, shown},
                    {some_rows(200, 1, false, false), some_rows(99, 2, false, true)}, {});
  expect_one_ingest({shown, kHeader},
                    {some_rows(200, 1, false, true), some_rows(99, 2, false, false)}, {});
}

// What rules left out of the first parts may come back with the last.
TEST(Append, LooksAtWholeHistoriesAgain) {
  const Lines headers = {kHeader, kHeader, kHeader};
  const Lines rows = {some_rows(120, 1, true, false), some_rows(90, 2, false, false),
                      some_rows(200, 3, true, false)};
  expect_one_ingest(headers, rows, {}, {.least_of_user = 4});
  expect_one_ingest(headers, rows, {Split::kRandom, 3}, {.least_of_user = 3, .least_of_title = 3});
  expect_one_ingest(headers, rows, {}, {.most_a_day = 12});
  expect_one_ingest(headers, rows, {}, {.session_seconds = 3});
  for (const Repeats repeats : {Repeats::kDifferent, Repeats::kFirst, Repeats::kLast}) {
    expect_one_ingest(headers, rows, {}, {.repeats = repeats, .least_of_title = 3});
  }
}

TEST(Append, CountsWhatIsNewAfterTheRules) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, "");
  options.mapping.thinning.least_of_user = 2;
  options.mapping_yaml = "as it is written";
  append_all(folder, {std::string(kHeader) + "a,x,5,,\na,y,6,,\nb,z,7,,\n"}, options);
  EXPECT_EQ(histories(Dataset(folder / "out0")), (Lines{"a: x@5 y@6"}));
  options.interactions = {folder.write("new.csv", std::string(kHeader) + "b,x,6,,\nc,x,8,,\n")};
  options.append = folder / "out0";
  const IngestSummary summary = ingest(options);
  EXPECT_EQ(summary.new_users, 1);
  EXPECT_EQ(summary.new_titles, 1);
  EXPECT_EQ(summary.left_out["rare_members"], 1);
  EXPECT_EQ(histories(Dataset(folder / "out")), (Lines{"a: x@5 y@6", "b: x@6 z@7"}));
}

TEST(Append, NeedsWhatRulesLeftOut) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, "");
  options.mapping_yaml = "as it is written";
  append_all(folder, {std::string(kHeader) + "a,x,5,,\na,y,6,,\n"}, options);
  options.mapping.thinning.least_of_user = 2;
  options.interactions = {folder.write("new.csv", std::string(kHeader) + "b,x,6,,\n")};
  options.append = folder / "out0";
  EXPECT_NE(error_of(folder, [&] { ingest(options); }).find("a version that did not keep"),
            std::string::npos);
}

TEST(Append, KeepsPartsThatFilesGive) {
  const std::string header = "user_id,title_id,timestamp,split\n";
  expect_one_ingest({header, header}, {"a,x,5,train\nb,x,5,test\na,y,9,valid\n", "a,z,7,test\n"},
                    {Split::kGiven});
}

TEST(Append, KeepsIndicesAndTakesWhatIsNew) {
  const TempFolder folder;
  append_all(folder, {std::string(kHeader) + "a,x,5,,\na,stranger,6,,\n"},
             options_for(folder, "", "title_id,name,year\nx,Old,1990\nz,Zed,\n",
                         "user_id,plan\na,basic\n"));
  IngestOptions options =
      options_for(folder, std::string(kHeader) + "b,new,7,,\nb,z,8,,\n",
                  "title_id,name,year\nnew,New,2020\nx,Renewed,1991\n", "user_id,region\nb,DE\n");
  options.append = folder / "out0";
  const IngestSummary summary = ingest(options);
  EXPECT_EQ(summary.new_users, 1);
  EXPECT_EQ(summary.new_titles, 1);
  const Dataset dataset(folder / "out");
  EXPECT_EQ(histories(dataset), (Lines{"a: x@5 stranger@6", "b: new@7 z@8"}));
  const Catalogue& titles = dataset.catalogue();
  EXPECT_EQ(titles.name(1), "Renewed");
  EXPECT_EQ(titles.year(1), 1991);
  EXPECT_EQ(titles.name(2), "Zed");
  EXPECT_EQ(titles.id(3), "stranger");
  EXPECT_EQ(titles.name(4), "New");
  EXPECT_EQ(dataset.attribute_names(), (Lines{"plan", "region"}));
  EXPECT_EQ(dataset.attribute(0, 0), "basic");
  EXPECT_EQ(dataset.attribute(1, 0), "");
  EXPECT_EQ(dataset.attribute(1, 1), "DE");
  EXPECT_EQ(facts_of(folder / "out")["titles_only_in_interactions"], 1);
}

TEST(Append, NothingChangesNothing) {
  const TempFolder folder;
  const std::string rows = std::string(kHeader) + "a,x,5,,\na,y,6,,\n";
  append_all(folder, {rows, kHeader}, options_for(folder, ""));
  EXPECT_EQ(contents(folder / "out1"), contents(folder / "out0"));
}

TEST(Append, RefusesWhatWouldNotBeTheSame) {
  const TempFolder folder;
  const std::string rows = std::string(kHeader) + "a,x,5,,\na,y,6,,\n";
  append_all(folder, {rows}, options_for(folder, ""));
  IngestOptions options = options_for(folder, rows);
  options.append = folder / "out0";
  const auto with = [&](const auto& change) {
    IngestOptions changed = options;
    change(changed);
    return error_of(folder, [&] { ingest(changed); });
  };
  EXPECT_EQ(with([](IngestOptions& o) { o.split.split = Split::kTemporal; }),
            "out0 was made with --split leave-one-out, not temporal; append with the same, or "
            "ingest all files again");
  EXPECT_EQ(with([](IngestOptions& o) { o.split.seed = 2; }),
            "out0 was made with --seed 1, not 2; append with the same, or ingest all files again");
  EXPECT_EQ(with([](IngestOptions& o) { o.mapping_yaml = "x"; }),
            "out0 was made with a mapping (mapping.yaml in it), not with this one; append with the "
            "same, or ingest all files again");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(Append, RefusesMembersWhoWereForgotten) {
  const TempFolder folder;
  append_all(folder, {std::string(kHeader) + "a,x,5,,\nb,y,6,,\n"}, options_for(folder, ""));
  IngestOptions options = options_for(folder, std::string(kHeader) + "b,y,7,,\n");
  options.append = folder / "out0";
  options.tombstones = folder / "stones.json";
  Tombstones stones;
  stones.add("a", 100);
  stones.write(options.tombstones);
  EXPECT_NE(error_of(folder, [&] { ingest(options); }).find("holds members who were forgotten"),
            std::string::npos);
}

}  // namespace
}  // namespace marquee::data
