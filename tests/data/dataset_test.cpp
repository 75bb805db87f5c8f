// Datasets that are damaged, or intact but made to harm their reader.
#include "data/dataset.h"

#include <gtest/gtest.h>

#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

namespace fs = std::filesystem;

class HostileDataset : public testing::Test {
 protected:
  HostileDataset() {
    ingest(options_for(
        folder_, "user_id,title_id,timestamp,propensity\nu,a,1,1\nu,b,2,1\nv,a,3,1\n",
        "title_id,name,genres\na,A,Drama\nb,B,Drama|War\n", "user_id,age\nu,31\nv,40\n"));
  }

  // The error of reading it once `file` is replaced and every hash made to fit again.
  template <typename T>
  std::string error_with(const std::string& file, const std::vector<T>& values) {
    const fs::path path = folder_ / ("out/" + file);
    const std::string before = read_file(path);
    write_file(path, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
    const std::string error = reread();
    write_file(path, before);
    EXPECT_EQ(reread(), "");
    return error;
  }

  std::string reread() {
    const Manifest manifest = read_manifest(folder_ / "out");
    write_manifest(folder_ / "out", "dataset", manifest.facts, manifest.sources);
    return error_of(folder_, [&] { Dataset dataset(folder_ / "out"); });
  }

  const TempFolder folder_;
};

TEST_F(HostileDataset, OffsetsAreChecked) {
  const std::string offsets = "interactions.offsets";
  EXPECT_NE(error_with<uint64_t>(offsets, {0, 2}), "");
  EXPECT_NE(error_with<uint64_t>(offsets, {0, 3, 2}), "");
  EXPECT_NE(error_with<uint64_t>(offsets, {1, 2, 3}), "");
  EXPECT_NE(error_with<uint64_t>(offsets, {0, uint64_t(-1), 3}), "");
  EXPECT_NE(error_with<uint64_t>(offsets, {}), "");
  EXPECT_NE(error_with<char>(offsets, {0, 0, 0}), "");
  for (const char* column : {"users.ids", "titles.ids", "titles.genre", "features.genre",
                             "titles.regions", "titles.countries", "users.attribute0"}) {
    const std::string file = std::string(column) + ".offsets";
    EXPECT_NE(error_with<uint64_t>(file, {0, 1'000'000, 2, 3}), "") << file;
    EXPECT_NE(error_with<uint64_t>(file, {}), "") << file;
    EXPECT_NE(error_with<uint64_t>(file, {0}), "") << file;
  }
}

TEST_F(HostileDataset, ValuesAreChecked) {
  EXPECT_NE(error_with<uint32_t>("interactions.titles", {1, 3, 1}), "");
  EXPECT_NE(error_with<uint32_t>("interactions.titles", {0, 1, 1}), "");
  EXPECT_NE(error_with<uint32_t>("interactions.titles", {1, 1}), "");
  EXPECT_NE(error_with<int64_t>("interactions.times", {2, 1, 3}), "");
  EXPECT_NE(error_with<uint8_t>("interactions.events", {0, 7, 0}), "");
  EXPECT_NE(error_with<uint8_t>("interactions.parts", {0, 4, 0}), "");
  EXPECT_NE(error_with<float>("interactions.values", {1, INFINITY, 0}), "");
  EXPECT_NE(error_with<float>("interactions.propensities", {1}), "");
  EXPECT_NE(error_with<uint32_t>("titles.genre.values", {1, 1, 9}), "");
  EXPECT_NE(error_with<uint32_t>("titles.genre.values", {1, 1, 0}), "");
  EXPECT_NE(error_with<uint16_t>("titles.years", {0}), "");
}

TEST_F(HostileDataset, EveryFlippedByteIsNoticed) {
  for (const auto& entry : fs::directory_iterator(folder_ / "out")) {
    if (entry.file_size() == 0 || entry.path().filename() == "manifest.json") continue;
    std::string bytes = read_file(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(entry.path(), bytes);
    const std::string error = error_of(folder_, [&] { Dataset dataset(folder_ / "out"); });
    EXPECT_NE(error.find("is damaged: its SHA-256 does not match"), std::string::npos)
        << entry.path();
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(entry.path(), bytes);
  }
  EXPECT_EQ(reread(), "");
}

TEST_F(HostileDataset, MissingFilesAndFactsAreNoticed) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder_ / "out")) files.push_back(entry.path());
  for (const fs::path& file : files) {
    if (file.filename() == "manifest.json") continue;
    const std::string bytes = read_file(file);
    fs::remove(file);
    EXPECT_NE(reread(), "") << file;
    write_file(file, bytes);
  }
  Manifest manifest = read_manifest(folder_ / "out");
  manifest.facts.erase("max_rating");
  write_manifest(folder_ / "out", "dataset", manifest.facts, {});
  EXPECT_NE(error_of(folder_, [&] { Dataset dataset(folder_ / "out"); }), "");
}

TEST_F(HostileDataset, MadeBeforeThereWereCountriesIsRead) {
  fs::remove(folder_ / "out/titles.countries.offsets");
  fs::remove(folder_ / "out/titles.countries.bytes");
  EXPECT_EQ(reread(), "");
  Dataset dataset(folder_ / "out");
  for (int64_t title = 0; title <= 2; ++title) EXPECT_EQ(dataset.catalogue().countries(title), "");
}

TEST(Columns, RoundTrip) {
  const TempFolder folder;
  ArtefactWriter writer(folder / "out", "dataset");
  write_string_column(writer.folder(), "s", std::vector<std::string_view>{"", "a", "", "bc"});
  write_list_column(writer.folder(), "l", std::vector<std::vector<uint32_t>>{{}, {1, 2}, {}});
  writer.commit(Json::object(), {});
  const Artefact artefact(folder / "out", "dataset");
  const StringColumn strings(artefact, "s");
  EXPECT_EQ(strings.rows(), 4);
  EXPECT_EQ(strings[0], "");
  EXPECT_EQ(strings[3], "bc");
  const ListColumn lists(artefact, "l");
  EXPECT_EQ(lists.rows(), 3);
  EXPECT_TRUE(lists[0].empty());
  EXPECT_EQ(lists[1][1], 2u);
}

}  // namespace
}  // namespace marquee::data
