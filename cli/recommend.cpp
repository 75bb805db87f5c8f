#include <iostream>

#include "cli/commands.h"
#include "cli/request_lines.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "core/text_table.h"
#include "data/dataset.h"
#include "inference/open_bundle.h"
#include "inference/runner.h"

namespace marquee::cli {

namespace {

struct Options {
  std::filesystem::path bundle;
  std::string requests, history, user;
  bool has_history = false;
  std::filesystem::path dataset;
  std::string device = "cpu";
  int k = 10;
  bool has_k = false;
  bool json = false;
  float diversity = 0;
  std::vector<std::string> contexts;
};

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

void answer_one(const Options& options, const inference::Bundle& bundle,
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

void run(const Options& options) {
  const int sources = !options.requests.empty() + options.has_history + !options.user.empty();
  if (sources != 1) {
    throw Error(
        "recommend needs one of --requests FILE, --history ID,ID,... or --user ID --data "
        "DATASET");
  }
  if (!options.requests.empty() && options.has_k) {
    throw Error("-k goes with --history or --user; in --requests each line has its own \"k\"");
  }
  if (!options.requests.empty() && !options.contexts.empty()) {
    throw Error("--context goes with --history or --user; in --requests each line has its own");
  }
  if (!options.user.empty() && options.dataset.empty()) {
    throw Error("--user needs --data DATASET, where the member's history is");
  }
  const auto opened = inference::open_bundle(options.bundle, options.device);
  const inference::Bundle& bundle = *opened;
  std::shared_ptr<data::Dataset> dataset;
  if (!options.dataset.empty()) dataset = std::make_shared<data::Dataset>(options.dataset);
  const inference::Runner runner(bundle, histories_of(dataset), {.strength = options.diversity});
  if (options.requests.empty()) {
    answer_one(options, bundle, runner);
  } else {
    answer_lines(options.requests, runner, inference::Runner::Task::kRecommend);
  }
}

}  // namespace

void add_recommend(CLI::App& app) {
  auto& command = add_command(
      app, "recommend", "Recommend titles: the batched inference runner",
      {"marquee recommend --bundle out/bundle --history 1,318,2571",
       "marquee recommend --bundle out/bundle --user 42 --data out/ml -k 5",
       "marquee recommend --bundle out/bundle --requests requests.jsonl > answers.jsonl",
       "echo '{\"id\":\"r1\",\"history\":[\"1\"],\"k\":3}' | marquee recommend --bundle "
       "out/bundle --requests -"});
  const auto options = std::make_shared<Options>();
  command.add_option("--bundle", options->bundle, "bundle folder")->required();
  command.add_option("--requests", options->requests, "JSON lines; - is stdin");
  auto* history = command.add_option("--history", options->history,
                                     "title ids, oldest first, separated by commas; \"\" is a new "
                                     "member");
  command.add_option("--user", options->user, "user id in --data");
  command.add_option("--data", options->dataset, "dataset that user ids are looked up in");
  auto* k = command.add_option("-k", options->k, "titles wanted, 1 to 1000")
                ->check(titles_wanted())
                ->capture_default_str();
  command.add_option("--device", options->device, "cpu or cuda")->capture_default_str();
  command
      .add_option(
          "--diversity", options->diversity,
          "how varied lists are, where a request does not say: 0, the ranking as it is, to 1")
      ->capture_default_str()
      ->check(number_between(0, 1));
  command
      .add_option("--context", options->contexts,
                  "COLUMN=VALUE, where the request comes from; can be given again")
      ->allow_extra_args(false);
  command.add_flag("--json", options->json, "JSON instead of a table");
  command.callback([options, history, k] {
    options->has_k = k->count() > 0;
    options->has_history = history->count() > 0;
    run(*options);
  });
}

}  // namespace marquee::cli
