// Signatures of artefacts.
#include "core/signature.h"

#include <gtest/gtest.h>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "tests/core/temp_folder.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

std::string pem(const char* kind, const char* base64) {
  return cat("-----BEGIN ", kind, " KEY-----\n", base64, "\n-----END ", kind, " KEY-----\n");
}

// The keys of tests 2 and 1 of RFC 8032, 7.1.
const std::string kPrivate =
    pem("PRIVATE", "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7");
const std::string kPublic =
    pem("PUBLIC", "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
const std::string kOther =
    pem("PUBLIC", "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");

std::string hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[c & 15];
  }
  return text;
}

class Signature : public testing::Test {
 protected:
  Signature() {
    write_file(folder_ / "key.pem", kPrivate);
    write_file(folder_ / "key.pub", kPublic);
    write_file(folder_ / "other.pub", kOther);
    write_file(folder_ / "both.pub", kOther + kPublic);
    ArtefactWriter writer(folder_ / "out", "bundle");
    write_file(writer.folder() / "a.txt", "hello");
    writer.commit(Json::object(), {});
  }

  // The error that refuses the artefact, "" if none.
  std::string refusal(const char* keys) {
    const TrustedKeys trusted(folder_ / keys);
    try {
      read_manifest(folder_ / "out", "bundle", &trusted);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kArtefact) << error.what();
      return error.what();
    }
    return "";
  }

  void expect_refused(const char* keys, const char* words) {
    EXPECT_NE(refusal(keys).find(words), std::string::npos) << refusal(keys);
  }

  TempFolder folder_;
};

TEST_F(Signature, IsThatOfTheStandard) {
  EXPECT_EQ(hex(sign("\x72", folder_ / "key.pem")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST_F(Signature, OfAKeyThatIsTrustedIsTaken) {
  sign_manifest(folder_ / "out", folder_ / "key.pem");
  EXPECT_EQ(refusal("key.pub"), "");
  EXPECT_EQ(refusal("both.pub"), "");
  EXPECT_NO_THROW(Artefact(folder_ / "out", "bundle"));
}

TEST_F(Signature, ThatIsMissingOrNotTrustedIsRefused) {
  EXPECT_FALSE(is_signed(folder_ / "out"));
  expect_refused("key.pub", "is not signed");
  sign_manifest(folder_ / "out", folder_ / "key.pem");
  EXPECT_TRUE(is_signed(folder_ / "out"));
  expect_refused("other.pub", "none of the 1 trusted keys");
}

TEST_F(Signature, OfAnythingElseIsRefusedBeforeItIsParsed) {
  sign_manifest(folder_ / "out", folder_ / "key.pem");
  const std::string manifest = read_file(folder_ / "out" / "manifest.json");
  for (const std::string& changed : {manifest + " ", std::string("not JSON"), std::string()}) {
    write_file(folder_ / "out" / "manifest.json", changed);
    expect_refused("key.pub", "was changed after it was signed");
  }
  write_file(folder_ / "out" / "manifest.json", manifest);
  EXPECT_EQ(refusal("key.pub"), "");
  const std::string signature = read_file(folder_ / "out" / "manifest.sig");
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string damaged = signature;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write_file(folder_ / "out" / "manifest.sig", damaged);
    expect_refused("key.pub", "was changed after it was signed");
  }
  for (const size_t size : {size_t{0}, size_t{63}}) {
    write_file(folder_ / "out" / "manifest.sig", signature.substr(0, size));
    expect_refused("key.pub", "was changed after it was signed");
  }
}

TEST_F(Signature, KeysThatAreNoneAreNamed) {
  write_file(folder_ / "empty", "");
  write_file(folder_ / "cut", kPublic.substr(0, 60));
  for (const char* file : {"empty", "cut", "key.pem"}) {
    EXPECT_THROW(TrustedKeys(folder_ / file), Error) << file;
  }
  for (const char* file : {"empty", "cut", "key.pub"}) {
    EXPECT_THROW(sign("text", folder_ / file), Error) << file;
  }
  EXPECT_THROW(TrustedKeys(folder_ / "nothing there"), Error);
}

}  // namespace
}  // namespace marquee
