#include "data/ingest.h"

#include <optional>

#include "cli/commands.h"
#include "cli/mapping.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "serving/store/store_files.h"

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

// What a mapping did: the files' own events, and what its rules left out.
void say_mapping(const data::IngestSummary& summary, const data::EventNames& names) {
  for (const auto& [name, count] : summary.events.items()) {
    const auto& meaning = names[*names.find(name)];
    const std::string what = meaning.event ? std::string(data::name(*meaning.event)) : "left out";
    const std::string line = cat("event ", in_quotes(name), " (", what, "): ");
    if (count == 0) {
      log::warn(line + "no record has it");
    } else {
      log::info(line + grouped(count.get<int64_t>()));
    }
  }
  const std::pair<const char*, const char*> rules[] = {
      {"events", "events"},
      {"keep.from", "keep.from"},
      {"keep.until", "keep.until"},
      {"least", "least"},
      {"keep.most_a_day", "keep.most_a_day"},
      {"keep.session_minutes", "keep.session_minutes"},
      {"keep.repeats", "keep.repeats"},
      {"keep.least", "keep.least_of_user and keep.least_of_title"}};
  for (const auto& [key, name] : rules) {
    if (const auto count = summary.left_out.value(key, int64_t{0}); count > 0) {
      log::info(cat("interactions left out by ", name, ": ", grouped(count)));
    }
  }
  const std::pair<const char*, const char*> whole[] = {
      {"busy_members", "members left out by keep.most_a_day: "},
      {"rare_members", "members left out by keep.least_of_user: "},
      {"rare_titles", "titles left out by keep.least_of_title: "}};
  for (const auto& [key, what] : whole) {
    if (const auto count = summary.left_out.value(key, int64_t{0}); count > 0) {
      log::info(cat(what, grouped(count)));
    }
  }
}

struct Words {
  std::string split;  // "": that of the dataset that is appended to, or leave-one-out
  std::optional<uint64_t> seed;
  std::filesystem::path mapping;
  std::vector<std::string> overrides;
  serving::StorePlaces store;
};

// What is not said anew is as it was.
void take_from(const std::filesystem::path& dataset, const Words& words,
               data::IngestOptions& options) {
  const Manifest manifest = read_manifest(dataset, "dataset");
  if (options.interactions.empty() && words.store.empty()) {
    throw Error("--append needs --interactions, or --state: the files to append to " +
                dataset.string());
  }
  if (words.split.empty()) {
    options.split.split = data::parse_split(manifest.fact<std::string>("split"));
  }
  if (!words.seed) options.split.seed = manifest.fact<uint64_t>("seed");
  if (words.mapping.empty() && words.overrides.empty()) take_mapping_of(manifest, options);
}

void check_mapping(const data::IngestOptions& options) {
  const data::Mapping& mapping = options.mapping;
  const bool columns =
      !mapping.interactions.empty() || !mapping.titles.empty() || !mapping.users.empty();
  if (!options.movielens.empty() && columns) {
    throw Error(
        "the columns of a MovieLens folder are known; take interactions, titles and users "
        "out of the mapping");
  }
  if (!options.feedback.folder.empty() && !options.mapping_yaml.empty()) {
    throw Error("--mapping is for files; a server's log (--feedback) is written in one way");
  }
}

void run(data::IngestOptions options, const Words& words) {
  options.split.split = data::parse_split(words.split.empty() ? "leave-one-out" : words.split);
  options.split.seed = words.seed.value_or(options.split.seed);
  if (!options.append.empty()) take_from(options.append, words, options);
  read_mapping(words.mapping.empty() ? words.mapping : config_file(words.mapping), words.overrides,
               options);
  check_mapping(options);
  const int given = !options.movielens.empty() + !options.interactions.empty() +
                    !options.feedback.folder.empty() + !words.store.empty();
  if (given != 1) {
    throw Error(
        "ingest needs one of --movielens DIR, --interactions FILE, --feedback DIR and --state "
        "DIR (or --redis URL)");
  }
  if (!words.store.empty()) {
    options.written = [store = words.store](const auto& folder, const data::Dataset* before) {
      return serving::write_store(store, folder, before);
    };
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
  say_mapping(summary, options.mapping.events);
  if (!options.append.empty()) {
    log::info(cat("appended to ", options.append.string(), ": ", grouped(summary.rows),
                  " interactions; new members: ", grouped(summary.new_users),
                  ", new titles: ", grouped(summary.new_titles)));
  }
  if (facts.contains("store")) {
    const Json& store = facts["store"];
    log::info(cat("the store has ", grouped(store.at("events").get<int64_t>()), " events of ",
                  grouped(store.at("members").get<int64_t>()), " members, ",
                  grouped(store.at("new_events").get<int64_t>()), " of them new; ",
                  "members left out, who chose to have no profile: ",
                  grouped(store.at("members_without_profile").get<int64_t>())));
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
       "zcat events.csv.gz | grep -v ^test- | marquee ingest --interactions - --out out/data",
       "marquee ingest --interactions lake/events --mapping mapping.yaml --out out/data",
       "marquee ingest --movielens ml-20m --set least.rating=4 --set keep.least_of_user=5 --out "
       "out/ml",
       "marquee ingest --append out/data --interactions today.parquet --out out/data --overwrite",
       "marquee ingest --append out/data --state out/bundle-state --out out/data --overwrite",
       "marquee ingest --feedback exposures --titles titles.csv --out out/feedback"});
  const auto options = std::make_shared<data::IngestOptions>();
  const auto words = std::make_shared<Words>();
  command.add_option("--movielens", options->movielens, "a MovieLens folder of any size");
  command.add_option("--interactions", options->interactions,
                     "CSV, JSON lines or Parquet: files, folders of parts, patterns, or - for "
                     "standard input; gzip and Zstandard are unpacked; docs/data.md");
  command.add_option("--feedback", options->feedback.folder,
                     "the log of marquee serve --exposures: events joined with what was shown");
  command
      .add_option("--feedback-hours", options->feedback.window_hours,
                  "after a page, within which events count for it")
      ->check(number_between(0.001, 24 * 365))
      ->capture_default_str();
  command.add_option("--titles", options->titles, "the same of titles with their features");
  command.add_option("--users", options->users,
                     "the same of members' attributes, used to measure fairness");
  command.add_option("--state", words->store.state,
                     "of marquee serve, which may be running: events of members, titles put and "
                     "withdrawn");
  command.add_option("--redis", words->store.redis,
                     "of marquee serve, where histories are in Redis: redis://HOST:PORT/DATABASE");
  command.add_option("--mapping", words->mapping,
                     "YAML: what columns and events of the files mean, which of them stay");
  command.add_option("--set", words->overrides,
                     "KEY=VALUE of the mapping, as in keep.from=2026-01-01");
  command.add_option(
      "--tombstones", options->tombstones,
      "members who were forgotten (marquee forget): what they did until then is left "
      "out");
  command.add_option("--out", options->out, "dataset folder to make")->required();
  command.add_option("--name", options->name, "name shown in reports");
  command.add_option("--append", options->append,
                     "dataset that the files are added to; split, seed and mapping are its own");
  command.add_option("--split", words->split,
                     "leave-one-out (the default), temporal, random, strong or given");
  command.add_option("--seed", words->seed, "for random and strong; default: 1");
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options, words] { run(*options, *words); });
}

}  // namespace marquee::cli
