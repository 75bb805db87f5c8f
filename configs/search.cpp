#include "configs/search.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/problems.h"
#include "core/random.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

constexpr int kMostDraws = 1'000;

// A number, and whether it is written as a whole one.
bool read_number(const YAML::Node& node, double& value, bool& integer) {
  if (!node.IsDefined() || !node.IsScalar()) return false;
  const std::string& text = node.Scalar();
  const char* end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data(), end, value);
  integer = text.find_first_of(".eE") == std::string::npos;
  return code == std::errc() && stopped == end && std::isfinite(value);
}

std::string read_choices(const YAML::Node& list, SearchKey& key) {
  for (const auto& item : list) {
    if (!item.IsScalar()) return "each value must be a single one";
    key.choices.push_back(item.Scalar());
  }
  return key.choices.empty() ? "an empty list allows nothing; give at least one value" : "";
}

std::string read_range(const YAML::Node& map, SearchKey& key) {
  bool from_integer = false, to_integer = false;
  for (const auto& item : map) {
    const std::string name = item.first.Scalar();
    if (name != "from" && name != "to" && name != "scale") {
      return cat(in_quotes(name), " is none of from, to and scale");
    }
  }
  if (!read_number(map["from"], key.from, from_integer) ||
      !read_number(map["to"], key.to, to_integer)) {
    return "a range needs the numbers from and to";
  }
  const std::string scale = map["scale"].IsDefined() ? map["scale"].Scalar() : "linear";
  if (scale != "linear" && scale != "log") {
    return cat("scale: ", in_quotes(scale), " must be linear or log");
  }
  key.logarithmic = scale == "log";
  key.integer = from_integer && to_integer;
  if (key.from > key.to) return cat("from ", general(key.from), " is above to ", general(key.to));
  if (key.logarithmic && key.from <= 0) return "a range with scale log must be above 0";
  return "";
}

std::string number(double value, bool integer) {
  return integer ? std::to_string(std::llround(value)) : general(value, 4);
}

std::string drawn(const SearchKey& key, RandomStream& random) {
  if (!key.choices.empty()) return key.choices[random.below(key.choices.size())];
  const double share = random.uniform();
  if (key.integer && !key.logarithmic) {
    return number(std::floor(key.from + share * (key.to - key.from + 1)), true);
  }
  const double value = key.logarithmic
                           ? std::exp(std::log(key.from) + share * std::log(key.to / key.from))
                           : key.from + share * (key.to - key.from);
  return number(value, key.integer);
}

// The problem that the key itself has with a value; rules across keys are checked when drawing.
std::string problem_of(const SearchKey& key, const std::string& value, const std::string& text,
                       std::vector<std::string> overrides) {
  overrides.push_back(key.key + "=" + value);
  try {
    parse_config(text, "", overrides, Search::kAllowed);
  } catch (const Error& error) {
    const std::string start = cat("--set: ", key.key, ": ");
    for (const auto& line : split(error.what(), '\n')) {
      if (line.starts_with(start)) return line.substr(start.size());
    }
  }
  return "";
}

}  // namespace

SearchSpace::SearchSpace(const std::filesystem::path& file,
                         const std::vector<std::string>& overrides)
    : where_(file.string()), overrides_(overrides) {
  if (!std::filesystem::exists(file)) throw Error("there is no configuration " + where_);
  text_ = read_file(file);
  base();  // its own problems first, as `train` reports them
  const YAML::Node search = YAML::Load(text_)["search"];
  if (!search.IsDefined() || !search.IsMap() || search.size() == 0) {
    throw Error(cat(where_,
                    ": has no section search: with keys to vary, such as\n  search:\n"
                    "    train.learning_rate: {from: 1e-4, to: 1e-2, scale: log}"));
  }
  Problems problems;
  for (const auto& item : search) {
    SearchKey key;
    key.key = item.first.Scalar();
    const std::string at = cat(where_, ":", item.first.Mark().line + 1, ": search.", key.key, ": ");
    std::string problem = item.second.IsSequence() ? read_choices(item.second, key)
                          : item.second.IsMap()
                              ? read_range(item.second, key)
                              : "must be a list of values or a range such as {from: 1, to: 8}";
    if (key.key == "train.seed") problem = "cannot be tuned: no seed is better than another";
    auto values = key.choices;
    if (values.empty()) values = {number(key.from, key.integer), number(key.to, key.integer)};
    for (size_t i = 0; problem.empty() && i < values.size(); ++i) {
      problem = problem_of(key, values[i], text_, overrides_);
    }
    if (!problem.empty()) problems.add(at + problem);
    keys_.push_back(key);
  }
  problems.throw_if_any("nothing was started");
}

Config SearchSpace::with(const Assignments& assignments) const {
  std::vector<std::string> all = overrides_;
  all.insert(all.end(), assignments.begin(), assignments.end());
  return parse_config(text_, where_, all, Search::kAllowed);
}

Assignments SearchSpace::draw(uint64_t seed, int64_t trial) const {
  RandomStream random(seed, "trial", static_cast<uint64_t>(trial));
  std::string problem;
  for (int attempt = 0; attempt < kMostDraws; ++attempt) {
    Assignments assignments;
    for (const auto& key : keys_) assignments.push_back(key.key + "=" + drawn(key, random));
    try {
      with(assignments);
      return assignments;
    } catch (const Error& error) {
      problem = error.what();
    }
  }
  throw Error(cat(where_, ": search: none of ", kMostDraws,
                  " draws is a configuration that can be trained; the last one's problem:\n",
                  problem));
}

}  // namespace marquee::configs
