// A small valid bundle, and ways in which tests damage it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "inference/open_bundle.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() : folder_(temp_ / "bundle") { tests::write_bundle(tests::six_titles(), folder_); }

  // The error of opening the folder; it must be of kind kArtefact.
  static std::string refusal(const std::filesystem::path& folder) {
    try {
      open_bundle(folder);
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
    std::filesystem::remove_all(temp_ / "copy");
    std::filesystem::copy(folder_, temp_ / "copy", std::filesystem::copy_options::recursive);
  }

  // Writes a file and a manifest that fits it, so that the hashes are right.
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

  TempFolder temp_;
  std::filesystem::path folder_;
};

}  // namespace marquee::inference
