#include "data/ingest.h"

#include "cli/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

// What of a server's log could be joined, and what not.
void say_feedback(const Json& facts) {
  const auto count = [&](const char* key) { return facts.at(key).get<int64_t>(); };
  log::info(cat("joined ", grouped(count("joined_by_request") + count("joined_by_title")), " of ",
                grouped(count("events")), " events with ", grouped(count("pages")), " pages (",
                grouped(count("joined_by_request")), " by request id); shown.csv has ",
                grouped(count("rows")), " rows"));
  const std::pair<const char*, const char*> problems[] = {
      {"without_page", "events came from no page that is logged"},
      {"late", "events came after the time in which they count"},
      {"skewed", "events say that they happened before their page was shown: a clock is off"},
      {"repeated_events", "events came again and are left out"},
      {"repeated_pages", "pages came again and are left out"},
      {"left_out", "lines could not be written by the server"},
      {"torn_bytes", "bytes at the end of a segment were not written completely"}};
  for (const auto& [key, what] : problems) {
    if (count(key) > 0) log::warn(cat(grouped(count(key)), " ", what));
  }
}

void run(data::IngestOptions options, const std::string& split) {
  options.split.split = data::parse_split(split);
  const int given =
      !options.movielens.empty() + !options.interactions.empty() + !options.feedback.folder.empty();
  if (given != 1) {
    throw Error("ingest needs one of --movielens DIR, --interactions FILE and --feedback DIR");
  }
  const data::IngestSummary summary = data::ingest(options);
  const auto& facts = summary.manifest.facts;
  const auto count = [&](const char* key) { return grouped(facts.at(key).get<int64_t>()); };
  if (const auto strangers = facts.at("titles_only_in_interactions").get<int64_t>();
      strangers > 0 && !options.titles.empty()) {
    log::warn(cat(grouped(strangers),
                  " titles of the interactions are not in the titles file: they "
                  "have no name and no features; do the ids of both files match?"));
  }
  if (const auto left_out = facts.value("forgotten_interactions", int64_t{0}); left_out > 0) {
    log::info(cat(grouped(left_out), " interactions of members who were forgotten are left out"));
  }
  if (facts.contains("feedback")) say_feedback(facts["feedback"]);
  log::info(cat("wrote ", options.out.string(), ": ", count("users"), " members, ", count("titles"),
                " titles, ", count("interactions"), " interactions (", count("train"), " train, ",
                count("valid"), " valid, ", count("test"), " test) in ",
                human_duration(summary.seconds)));
  log::info(cat("next: marquee train --config configs/two_tower.yaml --data ", options.out.string(),
                " --out RUN"));
}
}  // namespace

void add_ingest(CLI::App& app) {
  auto& command = add_command(
      app, "ingest", "Turn raw files into a dataset",
      {"marquee ingest --movielens ml-latest-small --out out/ml",
       "marquee ingest --interactions events.csv --titles titles.csv --out out/data",
       "marquee ingest --interactions events.jsonl --out out/data --split temporal",
       "marquee ingest --interactions lake/events --titles titles.parquet --out out/data",
       "marquee ingest --feedback exposures --titles titles.csv --out out/feedback"});
  const auto options = std::make_shared<data::IngestOptions>();
  const auto split = std::make_shared<std::string>("leave-one-out");
  command.add_option("--movielens", options->movielens, "a MovieLens folder of any size");
  command.add_option("--interactions", options->interactions,
                     "CSV, JSON lines or Parquet: files, folders of parts, patterns; docs/data.md");
  command.add_option("--feedback", options->feedback.folder,
                     "the log of marquee serve --exposures: events joined with what was shown");
  command
      .add_option("--feedback-hours", options->feedback.window_hours,
                  "after a page, within which events count for it")
      ->check(number_between(0.001, 24 * 365))
      ->capture_default_str();
  command.add_option("--titles", options->titles, "titles with their features");
  command.add_option("--users", options->users, "members' attributes, used to measure fairness");
  command.add_option(
      "--tombstones", options->tombstones,
      "members who were forgotten (marquee forget): what they did until then is left "
      "out");
  command.add_option("--out", options->out, "dataset folder to make")->required();
  command.add_option("--name", options->name, "name shown in reports");
  command.add_option("--split", *split, "leave-one-out, temporal, random, strong or given")
      ->capture_default_str();
  command.add_option("--seed", options->split.seed, "for random and strong")->capture_default_str();
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options, split] { run(*options, *split); });
}

}  // namespace marquee::cli
