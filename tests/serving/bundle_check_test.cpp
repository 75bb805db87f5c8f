// What a process that checks an untrusted bundle may not do.
#include "serving/bundle_check.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "core/error.h"
#include "inference/bundle_files.h"
#include "serving/approximate_search.h"

namespace marquee::serving {
namespace {

TEST(BundleCheckDeathTest, OpensNoSocketOnAnyThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto refused = [] { return socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EACCES; };
  EXPECT_EXIT(
      {
        limit_this_process();
        bool there = false;
        std::thread([&] { there = refused(); }).join();
        std::_Exit(refused() && there ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(BundleCheck, AModelMustFitBesideTheOneThatServes) {
  EXPECT_NO_THROW(require_memory("b", 100, 100));
  EXPECT_NO_THROW(require_memory("b", 100, 0));  // nobody knows
  EXPECT_THROW(require_memory("b", 101, 100), Error);
}

TEST(BundleCheck, ClustersOfTitlesTakeMemoryToo) {
  Manifest bundle;
  bundle.files = {{inference::kVectorsFile, 4'000, ""}};
  configs::RetrievalConfig config;
  EXPECT_EQ(approximate_search_bytes(bundle, config), 0);
  config.index = "clusters";
  EXPECT_EQ(approximate_search_bytes(bundle, config), 5'000);
  bundle.files.clear();
  EXPECT_EQ(approximate_search_bytes(bundle, config), 0);
}

}  // namespace
}  // namespace marquee::serving
