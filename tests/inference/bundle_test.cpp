// Opening bundles: valid ones, and folders whose files are not what was written.
#include <limits>

#include "core/random.h"
#include "core/sha256.h"
#include "core/text.h"
#include "tests/inference/bundle_fixture.h"

namespace marquee::inference {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"model.pt", "titles.csv", "titles.bin", "golden.json"};

TEST_F(BundleTest, OpensWithWhatWasWritten) {
  const Bundle bundle(folder_);
  EXPECT_EQ(bundle.facts().model, "tiny");
  EXPECT_EQ(bundle.facts().dim, 2);
  EXPECT_EQ(bundle.facts().max_history, 50);
  EXPECT_EQ(bundle.facts().weights.ratings.high, 5);
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
  EXPECT_TRUE(title.countries.empty());  // a file from before there were countries
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
