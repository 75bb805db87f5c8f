// What synthesise promises: sizes, sameness, refusals, nothing half-written.
#include "data/synth.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/interrupt.h"
#include "core/progress.h"
#include "core/threads.h"
#include "tests/data/synth_service.h"

namespace marquee::data {
namespace {

namespace fs = std::filesystem;

class Synth : public testing::Test {
 protected:
  void SetUp() override {
    Progress::set_quiet(true);
    fs::remove_all(root());
    fs::create_directories(root());
  }
  void TearDown() override { fs::remove_all(root()); }
  static fs::path root() {
    return fs::path(testing::TempDir()) / ("marquee_synth_" + std::to_string(getpid()));
  }
  static SynthOptions small(const std::string& name) { return small_service(root() / name); }

  static std::string message_of(const SynthOptions& options) {
    try {
      synthesise(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_F(Synth, SameSeedSameBytesWhateverTheThreads) {
  const int before = thread_count();
  set_thread_count(1);
  const Manifest one = synthesise(small("one"));
  set_thread_count(2);
  const Manifest two = synthesise(small("two"));
  set_thread_count(before);
  SynthOptions other = small("other");
  other.seed = 8;
  const Manifest third = synthesise(other);
  EXPECT_EQ(one.sha256, two.sha256);
  for (size_t i = 0; i < one.files.size(); ++i) {
    EXPECT_EQ(one.files[i].sha256, two.files[i].sha256) << one.files[i].path;
    EXPECT_NE(one.files[i].sha256, third.files[i].sha256) << one.files[i].path;
  }
  Artefact(root() / "one", "synth");
}

TEST_F(Synth, WritesExactlyAsManyAsRequested) {
  synthesise(small("out"));
  const Service service(root() / "out");
  EXPECT_EQ(service.rows, 3'000);
  EXPECT_EQ(service.titles.size(), 120);
  EXPECT_EQ(service.users.size(), 150);
  EXPECT_EQ(service.watched.size(), 150);
  std::set<std::string> names;
  for (const auto& [id, row] : service.titles) names.insert(row.at("name"));
  EXPECT_EQ(names.size(), 120) << "names are unique";
}

TEST_F(Synth, CountriesAreThoseOfTheLanguage) {
  synthesise(small("out"));
  const Service service(root() / "out");
  std::set<std::string> of_english, of_japanese;
  for (const auto& [id, row] : service.titles) {
    EXPECT_FALSE(row.at("countries").empty()) << id;
    if (row.at("language") == "en") of_english.insert(row.at("countries"));
    if (row.at("language") == "ja") of_japanese.insert(row.at("countries"));
  }
  EXPECT_TRUE(of_english.contains("US") && of_english.contains("GB"));
  EXPECT_EQ(of_japanese, std::set<std::string>{"JP"});
}

TEST_F(Synth, ImpossibleSizesAreRefusedInWords) {
  SynthOptions none = small("refused");
  none.users = 0;
  none.titles = 3;
  EXPECT_NE(message_of(none).find("--users 0: has to be 1"), std::string::npos);
  EXPECT_NE(message_of(none).find("--titles 3: has to be 10"), std::string::npos);
  SynthOptions few = small("refused");
  few.interactions = 10;
  EXPECT_NE(message_of(few).find("at least one for each of the 150"), std::string::npos);
  SynthOptions many = small("refused");
  many.interactions = 150 * 121;
  EXPECT_NE(message_of(many).find("150 users and 120 titles hold at most"), std::string::npos);
  EXPECT_FALSE(fs::exists(root() / "refused"));
}

TEST_F(Synth, SmallAndCrowdedSizesWork) {
  SynthOptions options = small("crowded");
  options.titles = 10;
  options.users = 1;
  options.interactions = 1;
  EXPECT_NO_THROW(synthesise(options));
  options.overwrite = true;
  options.users = 40;
  options.interactions = 40 * 8;
  synthesise(options);
  EXPECT_EQ(Service(options.out).rows, 320);
}

TEST_F(Synth, AnInterruptedRunLeavesNothing) {
  const fs::path empty = root() / "interrupted";
  fs::create_directories(empty);
  SynthOptions options = small("interrupted/out");
  set_interrupted(true);
  EXPECT_THROW(synthesise(options), Interrupted);
  set_interrupted(false);
  EXPECT_TRUE(fs::is_empty(empty));
}

}  // namespace
}  // namespace marquee::data
