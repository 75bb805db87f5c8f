#include "data/tombstones.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/core/temp_folder.h"

namespace marquee::data {
namespace {

TEST(Tombstones, KnowWhoWasForgottenAndUntilWhen) {
  const TempFolder folder;
  Tombstones tombstones;
  EXPECT_TRUE(tombstones.empty());
  EXPECT_FALSE(tombstones.forgotten_until("ann"));
  tombstones.add("ann", 10);
  tombstones.add("bob", 20);
  tombstones.add("ann", 5);  // the later time counts
  EXPECT_EQ(tombstones.forgotten_until("ann"), 10);
  EXPECT_EQ(tombstones.size(), 2);
  tombstones.write(folder / "gone.json");
  const std::string text = read_file(folder / "gone.json");
  EXPECT_EQ(text.find("ann"), std::string::npos);
  const Tombstones again = Tombstones::read(folder / "gone.json");
  EXPECT_EQ(again.forgotten_until("ann"), 10);
  EXPECT_EQ(again.forgotten_until("bob"), 20);
  EXPECT_FALSE(again.forgotten_until("cleo"));
}

TEST(Tombstones, OfSeveralFilesAreJoined) {
  Tombstones one, other;
  one.add("ann", 10);
  other.add("ann", 30);
  other.add("bob", 20);
  one.add(other);
  EXPECT_EQ(one.forgotten_until("ann"), 30);
  EXPECT_EQ(one.forgotten_until("bob"), 20);
  one.add(other);            // again: nothing new
  EXPECT_EQ(one.size(), 3);  // of two keys
}

TEST(Tombstones, RefuseAnotherFile) {
  const TempFolder folder;
  write_file(folder / "other.json", "[1]");
  EXPECT_THROW(Tombstones::read(folder / "other.json"), Error);
  write_file(folder / "torn.json", R"({"forgotten":[{"key":"k")");
  EXPECT_THROW(Tombstones::read(folder / "torn.json"), Error);
}

}  // namespace
}  // namespace marquee::data
