// /openapi.json describes every address that is answered, and no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

#include "core/json.h"
#include "core/text.h"
#include "serving/api/api.h"
#include "serving/api/assets.h"

namespace marquee::serving {
namespace {

TEST(OpenApi, HasEveryAddressAndMethodAndNoOther) {
  std::set<std::string> described;
  const Json document = Json::parse(find_asset("/openapi.json")->bytes);
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& [method, call] : methods.items()) {
      std::string upper = method;
      std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
      described.insert(cat(upper, ' ', std::regex_replace(path, std::regex("\\{\\w+\\}"), "{}")));
    }
  }
  std::set<std::string> answered;
  for (const std::string& address : Api::addresses()) {
    if (address != "GET /assets/{}") answered.insert(address);
  }
  EXPECT_GT(answered.size(), 20U);
  EXPECT_EQ(described, answered);
}

}  // namespace
}  // namespace marquee::serving
