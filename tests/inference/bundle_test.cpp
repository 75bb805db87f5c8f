#include "inference/bundle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/text.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"model.pt", "titles.csv", "titles.bin", "golden.json"};

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() : folder_(temp_ / "bundle") { tests::write_bundle(tests::six_titles(), folder_); }

  // What opening the folder says; it must be the fault of an artefact.
  static std::string refusal(const fs::path& folder) {
    try {
      const Bundle bundle(folder);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kArtefact) << error.what();
      return error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "not an Error: " << error.what();
    }
    return "";
  }
  std::string refusal() const { return refusal(folder_); }

  // A fresh copy to damage.
  void restore() {
    fs::remove_all(temp_ / "copy");
    fs::copy(folder_, temp_ / "copy", fs::copy_options::recursive);
  }

  // Writes a file and a manifest that fits it: what is wrong is not for the hashes to find.
  void replace(const std::string& file, const std::string& content) {
    write_file(folder_ / file, content);
    reseal([](Json&) {});
  }
  void reseal(const std::function<void(Json&)>& change) {
    Json facts = read_manifest(folder_).facts;
    change(facts);
    write_manifest(folder_, "bundle", facts, {});
  }
  void edit_manifest(const std::function<void(Json&)>& change) {
    Json manifest = parse_json(read_file(folder_ / "manifest.json"), "manifest");
    change(manifest);
    write_file(folder_ / "manifest.json", manifest.dump());
  }

  tests::TempFolder temp_;
  fs::path folder_;
};

TEST_F(BundleTest, OpensWithWhatWasWritten) {
  const Bundle bundle(folder_);
  EXPECT_EQ(bundle.facts().model, "tiny");
  EXPECT_EQ(bundle.facts().dim, 2);
  EXPECT_EQ(bundle.facts().max_history, 50);
  EXPECT_EQ(bundle.facts().max_rating, 5);
  EXPECT_EQ(bundle.name(), "tiny@" + sha256_file(folder_ / "manifest.json").substr(0, 8));
  EXPECT_EQ(bundle.titles().size(), 6);
  EXPECT_EQ(bundle.titles().find("c"), 6);
  EXPECT_EQ(bundle.titles().find("C"), 0);
  const Title& title = bundle.titles()[3];
  EXPECT_EQ(title.name, "Top Secret");
  EXPECT_EQ(title.year, 1984);
  EXPECT_EQ(title.maturity, "PG");
  EXPECT_EQ(title.available_from, 100);
  EXPECT_EQ(title.available_until, 200);
  EXPECT_EQ(title.regions, std::vector<std::string>{"DE"});
  EXPECT_EQ(title.popularity, 10);
  EXPECT_EQ(bundle.titles()[6].name, "Good \"Bad\"");
  EXPECT_EQ(bundle.titles()[6].available_from, std::numeric_limits<int64_t>::min());
  ASSERT_EQ(bundle.vector(6).size(), 2U);
  EXPECT_EQ(bundle.vector(6)[1], 0.5f);
}

TEST_F(BundleTest, RefusesTruncatedFiles) {
  for (const char* file : kFiles) {
    const auto size = fs::file_size(folder_ / file);
    for (const uintmax_t left : {uintmax_t{0}, uintmax_t{1}, size / 2, size - 1}) {
      restore();
      fs::resize_file(temp_ / "copy" / file, left);
      const std::string says = refusal(temp_ / "copy");
      EXPECT_NE(says.find(file), std::string::npos) << says;
      EXPECT_NE(says.find("bytes where its manifest says"), std::string::npos) << says;
    }
  }
}

TEST_F(BundleTest, RefusesFlippedBits) {
  RandomStream random(1, "flips");
  for (const char* file : kFiles) {
    const std::string content = read_file(folder_ / file);
    for (int i = 0; i < 40; ++i) {
      std::string flipped = content;
      char& byte = flipped[random.below(flipped.size())];
      byte = static_cast<char>(byte ^ (1 << random.below(8)));
      restore();
      write_file(temp_ / "copy" / file, flipped);
      const std::string says = refusal(temp_ / "copy");
      EXPECT_NE(says.find(cat(file, " is damaged: its SHA-256")), std::string::npos) << says;
    }
  }
}

TEST_F(BundleTest, SurvivesAFlippedManifest) {
  const std::string content = read_file(folder_ / "manifest.json");
  RandomStream random(2, "flips");
  for (int i = 0; i < 300; ++i) {
    std::string flipped = content;
    char& byte = flipped[random.below(flipped.size())];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
    restore();
    write_file(temp_ / "copy" / "manifest.json", flipped);
    try {
      const Bundle bundle(temp_ / "copy");  // a flip in a version or a name does no harm
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kArtefact) << error.what();
    }
  }
}

TEST_F(BundleTest, RefusesMissingFiles) {
  for (const char* file : kFiles) {
    restore();
    fs::remove(temp_ / "copy" / file);
    EXPECT_NE(refusal(temp_ / "copy").find(cat(file, " is missing")), std::string::npos);
  }
  fs::remove(folder_ / "manifest.json");
  EXPECT_NE(refusal().find("has no manifest.json"), std::string::npos);
}

TEST_F(BundleTest, RefusesFilesThatTheManifestDoesNotList) {
  for (const char* file : kFiles) {
    tests::write_bundle(tests::six_titles(), folder_);
    edit_manifest([&](Json& manifest) {
      Json kept = Json::array();
      for (const auto& entry : manifest["files"]) {
        if (entry["path"] != file) kept.push_back(entry);
      }
      manifest["files"] = kept;
    });
    EXPECT_NE(refusal().find(cat("does not list ", file)), std::string::npos) << refusal();
  }
}

TEST_F(BundleTest, RefusesAHostileManifest) {
  const std::string content = read_file(folder_ / "manifest.json");
  const auto says = [&](const std::function<void(Json&)>& change) {
    write_file(folder_ / "manifest.json", content);
    edit_manifest(change);
    return refusal();
  };
  EXPECT_NE(says([](Json& m) { m["files"][0]["path"] = "../x"; }).find("outside it: ../x"),
            std::string::npos);
  EXPECT_NE(says([](Json& m) { m["files"][0]["path"] = "/etc/passwd"; }).find("outside it"),
            std::string::npos);
  EXPECT_NE(says([](Json& m) { m["files"][0]["path"] = "a/../../x"; }).find("outside it"),
            std::string::npos);
  EXPECT_NE(says([](Json& m) { m["schema"] = 999; }).find("has schema 999"), std::string::npos);
  EXPECT_NE(says([](Json& m) { m["kind"] = "run"; }).find("is a run, not a bundle"),
            std::string::npos);
  EXPECT_NE(says([](Json& m) { m["kind"] = 3; }).find("manifest.json is damaged"),
            std::string::npos);
  EXPECT_NE(says([](Json& m) { m.erase("files"); }).find("manifest.json is damaged"),
            std::string::npos);
  EXPECT_NE(says([](Json& m) { m = Json::array(); }).find("manifest.json is damaged"),
            std::string::npos);
  write_file(folder_ / "manifest.json", "{");
  EXPECT_NE(refusal().find("is not valid JSON"), std::string::npos);
}

TEST_F(BundleTest, RefusesFactsThatCannotBe) {
  const auto says = [&](const std::function<void(Json&)>& change) {
    tests::write_bundle(tests::six_titles(), folder_);
    reseal(change);
    return refusal();
  };
  for (const char* name :
       {"model", "dim", "parameters", "max_history", "max_rating", "similar_by_content"}) {
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
  EXPECT_NE(says([](Json& f) { f["max_rating"] = 0; }).find("\"max_rating\" is out of range"),
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

TEST_F(BundleTest, NamesTheDeviceThatIsNotThere) {
  for (const char* device : {"gpu", "", "cuda:0"}) {
    try {
      const Bundle bundle(folder_, device);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_EQ(std::string(error.what()), cat("--device \"", device, "\": must be cpu or cuda"));
    }
  }
  try {
    const Bundle bundle(folder_, "cuda");
    GTEST_SKIP() << "there is a CUDA device";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_TRUE(std::string(error.what()).starts_with("--device cuda: no CUDA device is usable: "))
        << error.what();
    EXPECT_TRUE(std::string(error.what()).ends_with("; use --device cpu")) << error.what();
  }
}

TEST_F(BundleTest, SaysThatThereIsNoFolder) {
  try {
    const Bundle bundle(temp_ / "nowhere");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
  }
}

}  // namespace
}  // namespace marquee::inference
