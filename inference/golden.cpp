#include "inference/golden.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee::inference {

namespace {

bool near(float a, float b) {
  return std::abs(a - b) <= kGoldenTolerance * std::max({1.0f, std::abs(a), std::abs(b)});
}

// What differs, or empty. Scores must agree place by place. A title may be at another place only if
// it ties there, and be missing only if it ties with the last one.
std::string difference(const Json& expected, const Answer& answer) {
  const Json& items = expected.at("items");
  if (items.size() != answer.items.size()) {
    return cat("has ", answer.items.size(), " titles, golden are ", items.size());
  }
  std::unordered_map<std::string, float> scores;
  for (const auto& item : answer.items) scores[item.title_id] = item.score;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto id = items[i].at("title_id").get<std::string>();
    const auto score = items[i].at("score").get<float>();
    const float found = answer.items[i].score;
    if (!near(score, found)) {
      return cat("place ", i + 1, " scores ", found, ", golden is ", score);
    }
    const auto same = scores.find(id);
    if (!near(score, same == scores.end() ? answer.items.back().score : same->second)) {
      return cat("place ", i + 1, " is ", in_quotes(answer.items[i].title_id), ", golden is ",
                 in_quotes(id));
    }
  }
  return "";
}

}  // namespace

void check_golden(const Bundle& bundle) {
  const std::string file = bundle.file(kGoldenFile).string();
  const Json golden = parse_json(read_file(file), file);
  const Runner runner(bundle);
  const auto damaged = [&](size_t number, const std::string& what) {
    return artefact_error(cat(file, ": the answer to request ", number + 1, " ", what,
                              "; make the bundle again with `marquee export`"));
  };
  if (!golden.is_array()) throw artefact_error(file + " is no list of requests");
  for (size_t i = 0; i < golden.size(); ++i) {
    std::string what;
    try {
      const Request request = parse_request(golden[i].at("request").dump());
      what = difference(golden[i].at("answer"), runner.recommend({&request, 1}).front());
    } catch (const Error& e) {
      throw damaged(i, cat("fails: ", e.what()));
    } catch (const Json::exception& e) {
      throw damaged(i, cat("cannot be read: ", json_reason(e)));
    }
    if (!what.empty()) throw damaged(i, what);
  }
}

Json golden_json(const Runner& runner, std::span<const std::string> requests) {
  Json golden = Json::array();
  for (const std::string& text : requests) {
    const Request request = parse_request(text);
    const Answer answer = runner.recommend({&request, 1}).front();
    Json pair;
    pair["request"] = Json::parse(text);
    pair["answer"] = Json::parse(to_json(answer));
    golden.push_back(std::move(pair));
  }
  return golden;
}

}  // namespace marquee::inference
