// Bundles whose hashes are right and whose content is not.
#include <cmath>
#include <cstring>
#include <limits>

#include "core/text.h"
#include "tests/inference/bundle_fixture.h"

namespace marquee::inference {
namespace {

namespace fs = std::filesystem;

TEST_F(BundleTest, RefusesFactsThatCannotBe) {
  const auto says = [&](const std::function<void(Json&)>& change) {
    tests::write_bundle(tests::six_titles(), folder_);
    reseal(change);
    return refusal();
  };
  for (const char* name : {"model", "dim", "parameters", "max_history", "min_rating", "max_rating",
                           "scores", "similar"}) {
    EXPECT_NE(says([&](Json& f) { f.erase(name); }).find(cat("fact \"", name, "\"")),
              std::string::npos);
    EXPECT_NE(says([&](Json& f) { f[name] = Json::array(); }).find(cat("fact \"", name, "\"")),
              std::string::npos);
  }
  for (const int64_t dim : {int64_t{0}, int64_t{-2}, int64_t{1} << 32, int64_t{1} << 62}) {
    EXPECT_NE(says([&](Json& f) { f["dim"] = dim; }).find("fact \"dim\" is out of range"),
              std::string::npos);
  }
  EXPECT_NE(says([](Json& f) { f["max_history"] = 0; }).find("\"max_history\" is out of range"),
            std::string::npos);
  EXPECT_NE(says([](Json& f) { f["max_rating"] = 0; }).find("no scale of ratings"),
            std::string::npos);
  EXPECT_NE(says([](Json& f) { f["model"] = ""; }).find("\"model\" is out of range"),
            std::string::npos);
}

TEST_F(BundleTest, RefusesVectorsThatDoNotFit) {
  reseal([](Json& facts) { facts["dim"] = 3; });
  EXPECT_NE(refusal().find("titles.bin has 56 bytes; 6 titles and padding with vectors of 3 take"),
            std::string::npos)
      << refusal();
  tests::write_bundle(tests::six_titles(), folder_);
  const std::string vectors = read_file(folder_ / "titles.bin");
  for (const size_t size : {size_t{0}, vectors.size() - 8, vectors.size() - 1}) {
    replace("titles.bin", vectors.substr(0, size));
    EXPECT_NE(refusal().find("titles.bin has"), std::string::npos);
  }
  replace("titles.bin", vectors + "12345678");
  EXPECT_NE(refusal().find("titles.bin has"), std::string::npos);
}

TEST_F(BundleTest, RefusesVectorsThatAreNotFinite) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    auto tiny = tests::six_titles();
    std::string bytes(reinterpret_cast<const char*>(tiny.vectors.data()),
                      tiny.vectors.size() * sizeof(float));
    std::memcpy(bytes.data() + 5 * sizeof(float), &bad, sizeof bad);
    replace("titles.bin", bytes);
    EXPECT_NE(refusal().find("the vector of title 2 (\"a2\") holds a value that is not finite"),
              std::string::npos)
        << refusal();
  }
}

TEST_F(BundleTest, RefusesTitlesThatDoNotFit) {
  const std::string titles = read_file(folder_ / "titles.csv");
  replace("titles.csv", titles + "d,One More,,,,,,,,,,,,0\n");
  EXPECT_NE(refusal().find("7 titles and padding"), std::string::npos) << refusal();
  replace("titles.csv", titles.substr(0, titles.find("\nc,") + 1));
  EXPECT_NE(refusal().find("5 titles and padding"), std::string::npos);
  replace("titles.csv", titles + "c,Twice,,,,,,,,,,,,0\n");
  EXPECT_NE(refusal().find("titles.csv:8: title_id \"c\": this title is there already"),
            std::string::npos)
      << refusal();
  replace("titles.csv", titles + "d\n");
  EXPECT_NE(refusal().find("titles.csv:8"), std::string::npos);
  replace("titles.csv", "");
  EXPECT_NE(refusal().find("titles.csv"), std::string::npos);
  replace("titles.csv", "title_id,name\n");
  EXPECT_NE(refusal().find("there is no title in it"), std::string::npos);
  replace("titles.csv", "name\nx\n");
  EXPECT_NE(refusal().find("title_id"), std::string::npos);
  replace("titles.csv", "title_id,name,popularity\nx,X,many\n");
  EXPECT_NE(refusal().find("popularity \"many\""), std::string::npos);
}

TEST_F(BundleTest, RefusesAModuleThatIsNone) {
  const std::string module = read_file(folder_ / "model.pt");
  for (const std::string& content :
       {std::string(), std::string("PK\x03\x04"), std::string(5'000, 'x'),
        module.substr(0, module.size() / 2)}) {
    replace("model.pt", content);
    EXPECT_NE(refusal().find("model.pt is no TorchScript module"), std::string::npos) << refusal();
  }
}

TEST_F(BundleTest, RefusesOtherAnswersThanTheGoldenOnes) {
  const Json golden = parse_json(read_file(folder_ / "golden.json"), "golden");
  const auto says = [&](const std::function<void(Json&)>& change) {
    Json changed = golden;
    change(changed);
    replace("golden.json", changed.dump());
    return refusal();
  };
  EXPECT_EQ(says([](Json&) {}), "");
  EXPECT_EQ(says([](Json& g) { g = Json::array(); }), "");
  const auto second = [](Json& g) -> Json& { return g[1]["answer"]["items"]; };
  EXPECT_EQ(
      says([&](Json& g) { second(g)[0]["score"] = second(g)[0]["score"].get<double>() + 5e-5; }),
      "");
  EXPECT_NE(says([&](Json& g) {
              second(g)[0]["score"] = second(g)[0]["score"].get<double>() + 3e-4;
            }).find("the answer to request 2 place 1 scores"),
            std::string::npos);
  EXPECT_NE(says([&](Json& g) {
              std::swap(second(g)[0]["title_id"], second(g)[1]["title_id"]);
            }).find("place 1 is \"a2\", golden is \"a3\""),
            std::string::npos);
  EXPECT_NE(says([&](Json& g) { second(g)[2]["title_id"] = "nowhere"; }), "no refusal expected");
  EXPECT_NE(says([&](Json& g) { second(g).erase(2); }).find("has 3 titles, golden are 2"),
            std::string::npos);
  EXPECT_NE(says([](Json& g) { g[0]["request"]["k"] = 0; }).find("request 1 fails: k: must be"),
            std::string::npos);
  EXPECT_NE(says([](Json& g) { g[0].erase("answer"); }).find("request 1 cannot be read"),
            std::string::npos);
  EXPECT_NE(says([](Json& g) { g = Json::object(); }).find("is no list of requests"),
            std::string::npos);
}

TEST_F(BundleTest, RefusesAnotherModelUnderTheSameAnswers) {
  auto other = tests::six_titles();
  for (float& x : other.vectors) x *= 1.01f;
  tests::write_bundle(other, temp_ / "other");
  fs::copy_file(temp_ / "other" / "model.pt", folder_ / "model.pt",
                fs::copy_options::overwrite_existing);
  reseal([](Json&) {});
  EXPECT_NE(refusal().find("golden.json: the answer to request 2 place 1 scores"),
            std::string::npos)
      << refusal();
}

}  // namespace
}  // namespace marquee::inference
