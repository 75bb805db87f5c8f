// What ingest takes, requests and titles that are put take too, up to the last byte; what is
// beyond, both refuse.
#include "data/limits.h"

#include <gtest/gtest.h>

#include "core/json.h"
#include "core/text.h"
#include "inference/request.h"
#include "inference/title_edits.h"
#include "tests/data/fixtures.h"

namespace marquee::inference {
namespace {

using data::TitleRecord;

// A titles file with one title, whose column holds this.
std::string refusal_by_ingest(const std::string& column, const std::string& value) {
  const TempFolder folder;
  const std::string id = column == "title_id" ? value : "t";
  const std::string extra = column == "title_id" ? "" : "," + column;
  const std::string cell = column == "title_id" ? "" : "," + value;
  const std::string header = column == "name" ? "title_id,name\n" : "title_id,name" + extra + "\n";
  const std::string row = column == "name" ? "t," + value + "\n" : id + ",n" + cell + "\n";
  return data::error_of(folder, [&] {
    data::ingest(data::options_for(
        folder, "user_id,title_id,timestamp\nu," + id + ",1\nu," + id + ",2\n", header + row));
  });
}

std::string refusal_by_put(const std::string& field, const Json& value) {
  Json title = {{"name", "n"}};
  title[field] = value;
  try {
    parse_title(title.dump(), "t");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string repeated(const std::string& text, int times) {
  std::vector<std::string> parts;
  for (int i = 0; i < times; ++i) parts.push_back(text + std::to_string(i));
  return join(parts, "|");
}

TEST(Limits, OfTitlesAreTheSameInFilesAndWhenTheyArePut) {
  struct Column {
    std::string file, field, least, most;  // the longest or largest that is taken
    std::string beyond;
  };
  const std::string name(data::kMaxNameBytes, 'n'), feature(data::kMaxFeatureBytes, 'f');
  const Column columns[] = {
      {"name", "name", "", name, name + "n"},
      {"genres", "genres", "", feature, feature + "f"},
      {"actors", "actors", "", feature, feature + "f"},
      {"directors", "directors", "", feature, feature + "f"},
      {"studios", "studios", "", feature, feature + "f"},
      {"regions", "regions", "", feature, feature + "f"},
      {"countries", "countries", "", feature, feature + "f"},
      {"language", "language", "", feature, feature + "f"},
      {"maturity", "maturity", "", feature, feature + "f"},
      {"year", "year", "1800", "2200", "2201"},
      {"year", "year", "1800", "2200", "1799"},
      {"runtime_minutes", "runtime_minutes", "0", "60000", "60001"},
      {"available_from", "available_from", "-62135596800", "253402300799", "253402300800"}};
  for (const Column& column : columns) {
    const bool number = !column.least.empty();
    const bool list = !number && column.field != "name" && column.field != "language" &&
                      column.field != "maturity";
    const auto json = [&](const std::string& text) -> Json {
      if (number) return std::stoll(text);
      return list ? Json::array({text}) : Json(text);
    };
    for (const std::string& taken : {column.least, column.most}) {
      if (taken.empty()) continue;
      EXPECT_EQ(refusal_by_ingest(column.file, taken), "") << column.file;
      EXPECT_EQ(refusal_by_put(column.field, json(taken)), "") << column.field;
    }
    const std::string refusal = refusal_by_ingest(column.file, column.beyond);
    EXPECT_NE(refusal.find("titles.csv:2: " + column.file), std::string::npos) << refusal;
    EXPECT_NE(refusal_by_put(column.field, json(column.beyond)).find(column.field),
              std::string::npos)
        << column.field;
  }
}

TEST(Titles, KeepTheirCountriesWhenTheyArePut) {
  const auto title = parse_title(R"({"name":"N","countries":["GB","FR","GB"]})", "t");
  EXPECT_EQ(title.countries, "GB|FR");
  EXPECT_EQ(Json::parse(to_json(title))["countries"], (Json{"GB", "FR"}));
  EXPECT_EQ(to_json(parse_title(to_json(title), "t")), to_json(title));
}

TEST(Limits, OfNamesOfAFeatureAreTheSameInFilesAndWhenTheyArePut) {
  const std::string most = repeated("a", data::kMaxNamesOfFeature);
  const auto json = [](const std::string& text) { return Json(split(text, '|')); };
  EXPECT_EQ(refusal_by_ingest("actors", most), "");
  EXPECT_EQ(refusal_by_put("actors", json(most)), "");
  EXPECT_NE(refusal_by_ingest("actors", most + "|x").find("titles.csv:2: actors"),
            std::string::npos);
  EXPECT_NE(refusal_by_put("actors", json(most + "|x")).find("more than 1000"), std::string::npos);
}

TEST(Limits, OfIdsTimesAndRatingsAreTheSameInFilesAndRequests) {
  const std::string id(data::kMaxIdBytes, 'i');
  EXPECT_EQ(refusal_by_ingest("title_id", id), "");
  EXPECT_NE(refusal_by_ingest("title_id", id + "i").find("title_id"), std::string::npos);
  for (const char* time : {"-62135596800", "253402300799"}) {
    for (const char* rating : {"-1000000", "0", "1000000"}) {
      const TempFolder folder;
      const std::string row = cat("u,", id, ",", time, ",", rating, "\n");
      EXPECT_EQ(data::error_of(folder,
                               [&] {
                                 data::ingest(data::options_for(
                                     folder, "user_id,title_id,timestamp,value\n" + row));
                               }),
                "");
      const Request request =
          parse_request(cat(R"({"history":[{"title_id":")", id, R"(","timestamp":)", time,
                            R"(,"value":)", rating, R"(}],"at":)", time, "}"));
      EXPECT_EQ(request.history.front().value, std::stof(rating));
    }
  }
}

}  // namespace
}  // namespace marquee::inference
