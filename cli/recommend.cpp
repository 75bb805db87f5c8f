#include "cli/commands.h"
#include "cli/tensor_runs.h"
#include "core/error.h"

namespace marquee::cli {

namespace {

void check(const RecommendArguments& options) {
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
  if (options.requests.empty() && !options.parquet.empty()) {
    throw Error("--parquet goes with --requests");
  }
  if (!options.user.empty() && options.dataset.empty()) {
    throw Error("--user needs --data DATASET, where the member's history is");
  }
}

}  // namespace

void add_recommend(CLI::App& app) {
  auto& command = add_command(
      app, "recommend", "Recommend titles: the batched inference runner",
      {"marquee recommend --bundle out/bundle --history 1,318,2571",
       "marquee recommend --bundle out/bundle --user 42 --data out/ml -k 5",
       "marquee recommend --bundle out/bundle --requests requests.jsonl > answers.jsonl",
       "marquee recommend --bundle out/bundle --requests requests.jsonl --parquet lists.parquet",
       "echo '{\"id\":\"r1\",\"history\":[\"1\"],\"k\":3}' | marquee recommend --bundle "
       "out/bundle --requests -"});
  const auto options = std::make_shared<RecommendArguments>();
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
  command.add_option("--parquet", options->parquet,
                     "with --requests: file to write instead of JSON lines, a row for each title");
  command.add_flag("--json", options->json, "JSON instead of a table");
  command.callback([options, history, k] {
    options->has_k = k->count() > 0;
    options->has_history = history->count() > 0;
    check(*options);
    run_recommend(*options);
  });
}

}  // namespace marquee::cli
