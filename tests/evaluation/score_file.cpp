// The room's metrics of scores in a file: agreement_test.py compares them with other libraries.
//
//   score_file < LINES > METRICS      a line for each user: {"scores": [...], "targets": [...]}
//
// Scores are those of titles 1, 2, ...; targets are titles. Writes one JSON object with the mean
// of every metric of the full ranking, and with the sums of each user under "users".
#include <cmath>
#include <iostream>

#include "core/error.h"
#include "core/json.h"
#include "evaluation/user_metrics.h"
#include "inference/retrieval/retrieval.h"

namespace marquee::evaluation {
namespace {

struct Scored {
  TestUsers test_users;
  Ranks ranks;
};

inference::RankCounts rank_of(size_t target, const std::vector<float>& scores) {
  inference::RankCounts counts;
  for (size_t title = 0; title < scores.size(); ++title) {
    if (title == target) continue;
    counts.higher += scores[title] > scores[target];
    counts.equal += scores[title] == scores[target];
  }
  return counts;
}

Scored read(std::istream& lines) {
  Scored scored;
  scored.test_users.offsets.push_back(0);
  for (std::string line; std::getline(lines, line);) {
    const Json user = parse_json(line, "stdin");
    const auto scores = user.at("scores").get<std::vector<float>>();
    scored.test_users.users.push_back(scored.test_users.size());
    scored.test_users.known_titles.push_back(0);
    scored.test_users.train_counts.resize(scores.size() + 1);
    for (const uint32_t target : user.at("targets").get<std::vector<uint32_t>>()) {
      scored.test_users.targets.push_back(target);
      scored.ranks.push_back(rank_of(target - 1, scores));
    }
    scored.test_users.offsets.push_back(scored.test_users.targets.size());
  }
  return scored;
}

int run() {
  const Scored scored = read(std::cin);
  const std::vector<int> cutoffs = {1, 5, 10, 20, 50, 100};
  const std::vector<UserMetric> metrics = ranking_metrics(scored.test_users, scored.ranks, cutoffs);
  const std::vector<Resampled> resampled = resample(metrics, {.seed = 1, .resamples = 1'000});
  Json json;
  for (size_t i = 0; i < metrics.size(); ++i) {
    json["means"][metrics[i].name] = resampled[i].value;
    json["users"][metrics[i].name] = metrics[i].values.sums;
  }
  std::cout << json.dump() << '\n';
  return 0;
}

}  // namespace
}  // namespace marquee::evaluation

int main() {
  try {
    return marquee::evaluation::run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
