// The part of Runner that shows titles as answers do.
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "inference/runner.h"

namespace marquee::inference {

AnsweredTitle Runner::named(ScoredTitle title, std::vector<std::string> reasons) const {
  const Title& known = bundle_.titles()[title.title];
  return {.title_id = known.id,
          .name = known.name,
          .score = title.score,
          .reasons = std::move(reasons),
          .genres = {}};
}

AnsweredTitle Runner::detailed(ScoredTitle title, std::vector<std::string> reasons) const {
  const TitleTable& titles = bundle_.titles();
  AnsweredTitle answered = named(title, std::move(reasons));
  answered.year = titles[title.title].year;
  for (const uint32_t genre : titles[title.title][data::Feature::kGenre]) {
    answered.genres.emplace_back(titles.feature_name(data::Feature::kGenre, genre));
  }
  return answered;
}

std::vector<AnsweredTitle> Runner::similar(const std::string& title_id, int k) const {
  const int64_t title = bundle_.titles().find(title_id);
  if (title == 0) throw Error(cat("title ", in_quotes(title_id), " is not in ", bundle_.name()));
  if (k < 1 || k > kMaxTitlesAnswered) {
    throw Error(cat("k: must be a whole number from 1 to ", kMaxTitlesAnswered, ", not ", k));
  }
  std::vector<AnsweredTitle> answer;
  for (const auto& [other, score] : ranker_.similar(static_cast<uint32_t>(title), k)) {
    answer.push_back(named({other, score}, {}));
  }
  return answer;
}

}  // namespace marquee::inference
