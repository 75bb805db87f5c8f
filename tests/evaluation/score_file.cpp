// The room's metrics of scores that stand in a file: what agreement_test.py compares with others.
//
//   score_file < LINES > METRICS      a line for each member: {"scores": [...], "targets": [...]}
//
// Scores are those of titles 1, 2, ...; targets are titles. Out goes one JSON object with the mean
// of every metric of the full ranking, and with the sums of each member under "members".
#include <cmath>
#include <iostream>

#include "core/error.h"
#include "core/json.h"
#include "evaluation/figures.h"
#include "inference/retrieval/retrieval.h"

namespace marquee::evaluation {
namespace {

struct Judged {
  Panel panel;
  std::vector<float> ranks;
};

double rank_of(size_t target, const std::vector<float>& scores) {
  inference::RankCounts counts;
  for (size_t title = 0; title < scores.size(); ++title) {
    if (title == target) continue;
    counts.higher += scores[title] > scores[target];
    counts.equal += scores[title] == scores[target];
  }
  return counts.rank();
}

Judged read(std::istream& lines) {
  Judged judged;
  judged.panel.offsets.push_back(0);
  for (std::string line; std::getline(lines, line);) {
    const Json member = parse_json(line, "stdin");
    const auto scores = member.at("scores").get<std::vector<float>>();
    judged.panel.users.push_back(judged.panel.size());
    judged.panel.known_titles.push_back(0);
    judged.panel.train_counts.resize(scores.size() + 1);
    for (const uint32_t target : member.at("targets").get<std::vector<uint32_t>>()) {
      judged.panel.targets.push_back(target);
      judged.ranks.push_back(static_cast<float>(rank_of(target - 1, scores)));
    }
    judged.panel.offsets.push_back(judged.panel.targets.size());
  }
  return judged;
}

int run() {
  const Judged judged = read(std::cin);
  const std::vector<int> cutoffs = {1, 5, 10, 20, 50, 100};
  const std::vector<Figure> figures = ranking_figures(judged.panel, judged.ranks, cutoffs);
  const std::vector<Resampled> resampled = resample(figures, {.seed = 1, .resamples = 1'000});
  Json json;
  for (size_t i = 0; i < figures.size(); ++i) {
    json["means"][figures[i].name] = resampled[i].value;
    json["members"][figures[i].name] = figures[i].values.sums;
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
