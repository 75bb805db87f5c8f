#include <iostream>

#include "cli/commands.h"
#include "cli/request_lines.h"
#include "cli/tensor_runs.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "core/text_table.h"
#include "data/dataset.h"
#include "inference/open_bundle.h"
#include "inference/runner.h"

namespace marquee::cli {

namespace {

inference::HistoryLookup histories_of(const std::shared_ptr<data::Dataset>& dataset) {
  if (!dataset) return {};
  return [dataset](const std::string& id) -> std::optional<std::vector<inference::HistoryItem>> {
    const auto user = dataset->find_user(id);
    if (!user) return std::nullopt;
    const data::History history = dataset->history(*user);
    std::vector<inference::HistoryItem> items;
    for (size_t i = 0; i < history.titles.size(); ++i) {
      inference::HistoryItem item;
      item.title_id = dataset->catalogue().id(history.titles[i]);
      item.timestamp = history.times[i];
      item.event = history.events[i];
      item.value = history.values[i];
      items.push_back(item);
    }
    return items;
  };
}

void print_table(const inference::Bundle& bundle, const inference::Answer& answer) {
  for (const auto& id : answer.unknown_titles) {
    log::warn(cat("title ", in_quotes(id), " is not in the bundle and was left out"));
  }
  std::cout << "Top picks (" << printable(answer.model, LineEnds::kEscaped) << ")\n";
  std::vector<std::vector<std::string>> rows = {{"", "title", "genres", "score", "why", "id"}};
  for (const auto& item : answer.items) {
    const auto& title = bundle.titles()[bundle.titles().find(item.title_id)];
    std::vector<std::string> genres;
    for (const uint32_t genre : title[data::Feature::kGenre]) {
      genres.emplace_back(bundle.titles().feature_name(data::Feature::kGenre, genre));
    }
    rows.push_back({cat(rows.size()), item.name, join(genres, ", "), fixed(item.score, 3),
                    item.reasons.empty() ? "" : item.reasons.front(), item.title_id});
  }
  std::cout << text_table(rows);
}

void answer_one(const RecommendArguments& options, const inference::Bundle& bundle,
                const inference::Runner& runner) {
  inference::Request request;
  request.k = options.k;
  if (options.has_history) {
    for (const auto& id : comma_separated(options.history)) {
      inference::HistoryItem item;
      item.title_id = id;
      request.history.push_back(item);
    }
  } else {
    request.user_id = options.user;
  }
  for (const std::string& each : options.contexts) {
    const size_t sign = each.find('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == each.size()) {
      throw Error(cat("--context ", in_quotes(each), ": must be COLUMN=VALUE"));
    }
    request.context.push_back({each.substr(0, sign), each.substr(sign + 1)});
  }
  const auto answers = runner.recommend({&request, 1});
  if (options.json) {
    std::cout << to_json(answers.front()) << "\n";
  } else {
    print_table(bundle, answers.front());
  }
}

}  // namespace

void run_recommend(const RecommendArguments& options) {
  const auto opened = inference::open_bundle(options.bundle, options.device);
  const inference::Bundle& bundle = *opened;
  std::shared_ptr<data::Dataset> dataset;
  if (!options.dataset.empty()) dataset = std::make_shared<data::Dataset>(options.dataset);
  const inference::Runner runner(
      bundle, {.lookup = histories_of(dataset), .diversity = {.strength = options.diversity}});
  if (options.requests.empty()) {
    answer_one(options, bundle, runner);
  } else if (!options.parquet.empty()) {
    answer_lines(options.requests, runner, options.parquet);
  } else {
    answer_lines(options.requests, runner, inference::Runner::Task::kRecommend);
  }
}

}  // namespace marquee::cli
