#include "core/artefact.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "tests/core/temp_folder.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

Manifest make(const fs::path& out, const std::string& content = "hello") {
  ArtefactWriter writer(out, "dataset");
  fs::create_directories(writer.folder() / "sub");
  write_file(writer.folder() / "a.txt", content);
  write_file(writer.folder() / "sub" / "b.bin", std::string("\0\1", 2));
  return writer.commit({{"answer", 42}}, {{"file", "x.csv", "00"}});
}

// Runs `action` and returns the message of the Error that it must throw with this exit code.
template <typename Action>
std::string failure(int exit_code, const Action& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), exit_code) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(Artefact, IsReadBackAsItWasWritten) {
  const TempFolder folder;
  const Manifest written = make(folder / "out");
  const Manifest read = Artefact(folder / "out", "dataset").manifest();
  EXPECT_EQ(read.sha256, written.sha256);
  EXPECT_EQ(read.facts.at("answer"), 42);
  EXPECT_EQ(read.sources.at(0).name, "x.csv");
  ASSERT_EQ(read.files.size(), 2U);
  EXPECT_EQ(read.files[0].sha256,
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");  // of "hello"
}

TEST(Artefact, EqualContentHasEqualId) {
  const TempFolder folder;
  EXPECT_EQ(make(folder / "one").sha256, make(folder / "two").sha256);
  EXPECT_NE(make(folder / "three", "other").sha256, make(folder / "four").sha256);
}

TEST(Artefact, AppearsOnlyWhenCommitted) {
  const TempFolder folder;
  {
    const ArtefactWriter writer(folder / "out", "dataset");
    write_file(writer.folder() / "half", "half");
    EXPECT_FALSE(fs::exists(folder / "out"));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Artefact, LeftoversOfAKilledWriterAreRemovedByTheNext) {
  const TempFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const ArtefactWriter writer(folder / "out", "dataset");
    write_file(writer.folder() / "half", "half");
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  make(folder / "out");
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 1U);
  EXPECT_NO_THROW(Artefact(folder / "out", "dataset"));
}

TEST(Artefact, ExistingOutputIsRefusedOrReplacedCompletely) {
  const TempFolder folder;
  make(folder / "out");
  EXPECT_NE(failure(2, [&] { make(folder / "out"); }).find("--overwrite"), std::string::npos);
  ArtefactWriter writer(folder / "out", "dataset", /*overwrite=*/true);
  write_file(writer.folder() / "new.txt", "new");
  EXPECT_TRUE(fs::exists(folder / "out" / "a.txt"));
  writer.commit({}, {});
  EXPECT_FALSE(fs::exists(folder / "out" / "a.txt"));
  EXPECT_TRUE(fs::exists(folder / "out" / "new.txt"));
}

TEST(Artefact, OverwriteSparesWhatIsNotMarquees) {
  const TempFolder folder;
  fs::create_directory(folder / "photos");
  write_file(folder / "photos" / "cat.jpg", "meow");
  EXPECT_NE(failure(2, [&] { ArtefactWriter(folder / "photos", "dataset", true); })
                .find("not an artefact"),
            std::string::npos);
  EXPECT_TRUE(fs::exists(folder / "photos" / "cat.jpg"));
}

TEST(Artefact, TheSecondWriterOfOneOutputIsRefused) {
  const TempFolder folder;
  const ArtefactWriter first(folder / "out", "dataset");
  EXPECT_NE(failure(2, [&] { ArtefactWriter(folder / "out", "dataset"); })
                .find("another process is writing"),
            std::string::npos);
}

TEST(Artefact, EveryDamageIsNamed) {
  const TempFolder folder;
  make(folder / "out");
  write_file(folder / "out" / "a.txt", "hellO");  // same size, other bytes
  fs::remove(folder / "out" / "sub" / "b.bin");
  const std::string message = failure(3, [&] { Artefact(folder / "out", "dataset"); });
  EXPECT_NE(message.find("a.txt is damaged"), std::string::npos) << message;
  EXPECT_NE(message.find("b.bin is missing"), std::string::npos) << message;
  EXPECT_NE(message.find("marquee ingest"), std::string::npos) << message;
  write_file(folder / "out" / "a.txt", "hell");
  EXPECT_NE(failure(3, [&] { Artefact(folder / "out", "dataset"); }).find("4 bytes"),
            std::string::npos);
}

TEST(Artefact, OnlyListedFilesAreOpened) {
  const TempFolder folder;
  make(folder / "out");
  write_file(folder / "out" / "late.txt", "nobody hashed this");
  const Artefact artefact(folder / "out", "dataset");
  EXPECT_EQ(read_file(artefact.file("a.txt")), "hello");
  EXPECT_NE(failure(3, [&] { artefact.file("late.txt"); }).find("does not list late.txt"),
            std::string::npos);
}

TEST(Artefact, FactsHaveTheRequestedType) {
  const TempFolder folder;
  const Manifest manifest = make(folder / "out");
  EXPECT_EQ(manifest.fact<int>("answer"), 42);
  const std::string another = failure(3, [&] { manifest.fact<std::string>("answer"); });
  EXPECT_NE(another.find("manifest.json: the fact \"answer\""), std::string::npos) << another;
  EXPECT_EQ(another.find("json.exception"), std::string::npos) << another;
  EXPECT_NE(failure(3, [&] { manifest.fact<int>("question"); }).find("marquee ingest"),
            std::string::npos);
}

struct BadManifest {
  const char* from;
  const char* to;
  const char* expected;
};

class ManifestEdits : public testing::TestWithParam<BadManifest> {};

TEST_P(ManifestEdits, AreRefused) {
  const TempFolder folder;
  make(folder / "out");
  std::string text = read_file(folder / "out" / "manifest.json");
  const auto at = text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string(GetParam().from).size(), GetParam().to);
  write_file(folder / "out" / "manifest.json", text);
  const std::string message = failure(3, [&] { Artefact(folder / "out", "dataset"); });
  EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Artefact, ManifestEdits,
    testing::Values(BadManifest{"\"schema\": 1", "\"schema\": 99", "schema 99"},
                    BadManifest{"\"schema\": 1", "\"schema\": \"x\"", "damaged"},
                    BadManifest{"\"kind\": \"dataset\"", "\"kind\": \"bundle\"", "not a dataset"},
                    BadManifest{"\"a.txt\"", "\"../a.txt\"", "outside"},
                    BadManifest{"\"a.txt\"", "\"/etc/passwd\"", "outside"},
                    BadManifest{"\"files\"", "\"filez\"", "damaged"},
                    BadManifest{"{", "[", "not valid JSON"}));

TEST(Artefact, OtherFoldersAreExplained) {
  const TempFolder folder;
  EXPECT_NE(failure(2, [&] { read_manifest(folder / "none"); }).find("there is no"),
            std::string::npos);
  fs::create_directory(folder / "empty");
  EXPECT_NE(failure(3, [&] { read_manifest(folder / "empty"); }).find("no manifest.json"),
            std::string::npos);
}

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace marquee
