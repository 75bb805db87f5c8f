// The dashboard in docker/ asks for metrics that the server has.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "core/file.h"
#include "core/json.h"
#include "serving/metrics.h"

namespace marquee::serving {
namespace {

std::set<std::string> names_in(const std::string& text) {
  static const std::regex kName("marquee_[a-z_]+");
  std::set<std::string> names;
  for (std::sregex_iterator i(text.begin(), text.end(), kName), end; i != end; ++i) {
    names.insert(i->str());
  }
  return names;
}

// The values of every "expr" in a dashboard.
void collect_expressions(const Json& json, std::string& text) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object() && key == "expr") text += value.get<std::string>() + "\n";
    if (value.is_structured()) collect_expressions(value, text);
  }
}

TEST(Dashboard, AsksForMetricsThatThereAre) {
  Metrics metrics;
  metrics.answered("/", 200, 0.1);
  metrics.stage("wait", 0.1);
  metrics.batch(1);
  metrics.shed("late");
  metrics.degraded();
  metrics.reloaded(true);
  const std::set<std::string> known = names_in(metrics.text({}));

  std::string expressions;
  const std::filesystem::path docker = std::filesystem::path(MARQUEE_SOURCE_DIR) / "docker";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(docker)) {
    if (entry.path().extension() != ".json") continue;
    collect_expressions(parse_json(read_file(entry.path()), entry.path().string()), expressions);
  }
  const std::set<std::string> used = names_in(expressions);
  EXPECT_FALSE(used.empty());
  for (const std::string& name : used) EXPECT_TRUE(known.contains(name)) << name;
}

}  // namespace
}  // namespace marquee::serving
