#include "inference/answer_parquet.h"

#include <utility>

namespace marquee::inference {

namespace {

struct Rows {
  std::vector<std::string> ids, titles, models, errors;
  std::vector<int64_t> lines, places;
  std::vector<float> scores;
  std::vector<std::vector<std::string>> reasons;

  void add(const AnsweredLine<Answer>& answered, int64_t place, const AnsweredTitle& title,
           std::string model, std::string error) {
    ids.push_back(answered.id);
    lines.push_back(answered.line);
    places.push_back(place);
    titles.push_back(title.title_id);
    scores.push_back(title.score);
    reasons.push_back(title.reasons);
    models.push_back(std::move(model));
    errors.push_back(std::move(error));
  }

  data::ParquetRows take() && {
    return {{"id", std::move(ids)},       {"line", std::move(lines)},
            {"place", std::move(places)}, {"title_id", std::move(titles)},
            {"score", std::move(scores)}, {"reasons", std::move(reasons)},
            {"model", std::move(models)}, {"error", std::move(errors)}};
  }
};

}  // namespace

AnswerParquet::AnswerParquet(const std::filesystem::path& file) : output_(file, Rows().take()) {}

void AnswerParquet::add(std::span<const AnsweredLine<Answer>> answered) {
  Rows rows;
  for (const AnsweredLine<Answer>& line : answered) {
    if (const auto* error = std::get_if<Error>(&line.result)) {
      AnsweredTitle none;
      none.score = data::kNoValue;
      rows.add(line, data::kNoWhole, none, "", error->what());
      continue;
    }
    const Answer& answer = std::get<Answer>(line.result);
    for (size_t i = 0; i < answer.items.size(); ++i) {
      rows.add(line, static_cast<int64_t>(i) + 1, answer.items[i], answer.model, "");
    }
  }
  output_.write(std::move(rows).take());
}

}  // namespace marquee::inference
