#include "configs/server_config.h"

#include <charconv>
#include <limits>

#include "configs/mapping_config.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

constexpr double kMostDays = 36'500;

void visit_http(HttpConfig& c, FieldVisitor& v) {
  v.integer("threads", c.threads, 0, 1'024, "threads that read and write; 0: half the processors");
  v.integer("connections", c.connections, 1, 1'000'000, "open at once");
  v.integer("connections_per_address", c.connections_per_address, 1, 1'000'000,
            "open at once from one address; raise it behind a proxy");
  v.integer("body_kib", c.body_kib, 1, 65'536, "largest body of a request");
  v.integer("head_seconds", c.head_seconds, 1, 3'600, "from the first byte of a head to its last");
  v.integer("body_seconds", c.body_seconds, 1, 3'600, "from the first byte of a body to its last");
  v.integer("idle_seconds", c.idle_seconds, 1, 86'400, "between requests of a connection");
  v.integer("write_seconds", c.write_seconds, 1, 3'600, "for a client to take an answer");
}

void visit_queue(QueueConfig& c, FieldVisitor& v) {
  v.integer("workers", c.workers, 0, 1'024, "batches answered at once; 0: one per processor");
  v.integer("max_batch", c.max_batch, 1, 1'024, "requests answered in one pass");
  v.integer("max_requests", c.max_requests, 1, 1'000'000,
            "waiting requests; more are answered 503");
  v.integer("max_prefetch", c.max_prefetch, 0, 1'000'000,
            "waiting requests from which on those with Sec-Purpose: prefetch are answered 503");
  v.integer("deadline_ms", c.deadline_ms, 1, 600'000,
            "deadline of requests without X-Request-Deadline-Ms; after it they are answered 504");
  v.integer(
      "degrade_after_ms", c.degrade_after_ms, 0, 600'000,
      "a recommend or page request that waited longer is answered with the most watched titles");
}

void visit_store(StoreConfig& c, FieldVisitor& v) {
  v.integer("cached_users", c.cached_users, 64, 100'000'000, "histories kept in memory");
  v.integer("recent_pages", c.recent_pages, 1, 1'000'000'000,
            "pages kept in memory, some KiB each, where a policy or page.repeat_pages needs them");
  v.integer("max_titles", c.max_titles, 1, 10'000'000, "titles put or withdrawn that are kept");
}

void visit_retention(RetentionConfig& c, FieldVisitor& v) {
  constexpr auto kMost = static_cast<int>(kMostDays);
  v.integer("play", c.play, 0, kMost,
            "days after which plays are removed, within an hour; 0: never, as for all kinds");
  v.integer("complete", c.complete, 0, kMost, "the same of titles seen to the end");
  v.integer("rating", c.rating, 0, kMost, "of ratings");
  v.integer("like", c.like, 0, kMost, "of likes");
  v.integer("dislike", c.dislike, 0, kMost, "of dislikes");
  v.integer("list", c.list, 0, kMost, "of titles put on the list");
  v.integer("hide", c.hide, 0, kMost, "of titles that were hidden");
}

void visit_exposures(ExposureConfig& c, FieldVisitor& v) {
  v.choice(
      "user_ids", c.user_ids, {"keyed", "plain"},
      "ids of users and events: as hashes with a key that stays in the folder, or as they are");
  v.integer("segment_mib", c.segment_mib, 1, 65'536, "size from which another file is begun");
  v.integer("segment_hours", c.segment_hours, 1, 8'760, "age from which another file is begun");
  v.integer("keep_days", c.keep_days, 1, 36'500, "files that were last written before are removed");
}

// Calls take(key, rule) for every kind of event.
template <typename Config, typename Take>
void for_each_seen(Config& c, const Take& take) {
  take("play", c.play);
  take("complete", c.complete);
  take("rating", c.rating);
  take("like", c.like);
  take("list", c.list);
  take("dislike", c.dislike);
  take("hide", c.hide);
}

void visit_seen(SeenConfig& c, FieldVisitor& v) {
  for_each_seen(c, [&](const char* key, std::string& rule) {
    v.text(key, rule,
           cat("whether titles whose newest event is a ", key,
               " are answered again: leave-out (never), after N days, or keep (at once)"));
  });
}

void visit_answer(AnswerConfig& c, FieldVisitor& v) {
  v.section("seen", "", [&] { visit_seen(c.seen, v); });
  v.real("dislike_strength", c.dislike_strength, 0, 10,
         "how far titles sink at once that are like one which the member disliked or "
         "hid: 1, a title just like it, from the first place of the candidates to the last; 0: "
         "only as far as the model says");
  v.integer("dislike_titles", c.dislike_titles, 1, 1'000, "newest such titles that count");
}

void visit_retrieval(RetrievalConfig& c, FieldVisitor& v) {
  v.choice("index", c.index, {"exact", "clusters"},
           "exact: every title is looked at; clusters: those in the clusters of titles that are "
           "nearest to the member, with models that have vectors");
  v.integer("from_titles", c.from_titles, 1, 100'000'000,
            "with clusters: titles of a catalogue from which on they are used");
  v.real("share", c.share, 0.0001, 1, "with clusters: share of all titles that are looked at");
}

}  // namespace

void visit(PageConfig& c, FieldVisitor& v) {
  v.integer("titles_a_row", c.titles_a_row, 1, 100, "most titles of a row");
  v.integer("least_titles_a_row", c.least_titles_a_row, 1, 100,
            "rows with fewer are dropped, except continue");
  v.integer("candidates", c.candidates, 20, 10'000,
            "best titles of the model, from which top and favourite rows are picked");
  v.boolean("continue_row", c.continue_row, "plays that did not reach the end");
  v.real("unfinished", c.unfinished, 0.01, 1, "the share of a title from which it counts as seen");
  v.boolean("top_row", c.top_row, "the model's best");
  v.integer("because_rows", c.because_rows, 0, 10, "rows of titles like one watched lately");
  v.boolean("popular_row", c.popular_row, "the most watched");
  v.boolean("new_row", c.new_row, "the newest titles, the best for the member first");
  v.integer("new_years", c.new_years, 1, 100, "newest years of the catalogue that count as new");
  v.integer("favourite_rows", c.favourite_rows, 0, 20,
            "rows by a genre, actor, director or studio that the member watches often");
  v.integer("genre_rows", c.genre_rows, 0, 20,
            "at most so many of these by genre; no limit for a new member, who has only those");
  v.integer(
      "repeat_pages", c.repeat_pages, 0, 1'000,
      "last pages of a member that are looked through for titles shown again and again, which "
      "then come last in their rows; 0: none");
  v.integer("repeat_most", c.repeat_most, 1, 1'000, "times from which on that is so");
  v.integer("repeat_rows", c.repeat_rows, 1, 40, "rows of a page in which a showing counts");
  v.integer("repeat_titles", c.repeat_titles, 1, 100, "titles of these rows that count");
  v.real(
      "try_share", c.try_share, 0, 0.5,
      "least share of the places of the top row for titles that hardly anybody has watched; they "
      "are chosen by Thompson sampling of how often a showing is watched");
  v.integer(
      "try_watches", c.try_watches, 1, 1'000'000,
      "watches from which on a title is known: those of the training data and those that came "
      "of trying it");
  v.integer("try_candidates", c.try_candidates, 1, 200,
            "such titles that are considered, the best for the member; with model and features "
            "alone");
  v.real("try_hours", c.try_hours, 0.001, 10'000,
         "after a page, until what was not watched counts as turned down; with a policy that "
         "learns, its reward.hours instead");
}

void visit(DiversityConfig& c, FieldVisitor& v) {
  v.real("strength", c.strength, 0, 1,
         "how varied lists and rows are, where a request does not say: 0, the ranking as it is, to "
         "1");
  v.choice("method", c.method, {"mmr", "msd", "dpp", "ssd", "calibrated", "xquad"},
           "how: maximal marginal relevance, sum of distances, determinantal point process, "
           "sliding spectrum decomposition; or towards the genres of the member's history, or "
           "towards its share of titles that few watch");
  v.choice("by", c.by, {"genres", "vectors"},
           "which titles are similar: by genres, or by the model");
  v.integer("depth", c.depth, 1, 100, "candidates for each place of a list");
  v.integer(
      "recent", c.recent, 0, 1'000,
      "first titles of the member's last page that rows are to differ from as well, with mmr, "
      "msd, dpp and ssd; 0: none");
  const auto most = [&](const char* key, int& value, const char* of) {
    v.integer(key, value, 0, 1'000,
              cat("most titles of one ", of, " in any `window`; 0: any number"));
  };
  v.integer("window", c.window, 2, 1'000, "places in a row for which the following rules hold");
  most("most_of_genre", c.most_of_genre, "first genre");
  most("most_of_studio", c.most_of_studio, "studio");
  most("most_of_director", c.most_of_director, "director");
  most("most_of_actor", c.most_of_actor, "actor");
  most("most_of_language", c.most_of_language, "language");
  v.integer("least_new", c.least_new, 0, 1'000, "least new titles in any `window`");
  v.integer("new_years", c.new_years, 1, 100, "newest years of the catalogue whose titles are new");
  v.integer("least_from", c.least_from, 0, 1'000,
            "least titles in any `window` more than half of whose countries are among `countries`: "
            "with 3 of 10, what the European rule asks of a catalogue holds for every row");
  v.text("countries", c.countries,
         "joined by commas; default: as european.countries of the limits of fairness");
  v.choice("floors_of", c.floors_of, {"none", "genre", "director", "studio", "language", "country"},
           "groups of titles that get a floor of exposure over many lists: the titles of a group "
           "that falls behind are worth more until it has caught up");
  if (c.floors_of == "none" && !v.visits_all()) return;
  v.real("floors", c.floors, 0, 1,
         "with floors_of: least share of all exposure that a group gets, as a share of what its "
         "titles have of all that was watched");
}

std::optional<double> days_until_again(std::string_view rule) {
  constexpr std::string_view kAfter = "after ", kDays = " days", kDay = " day";
  if (rule == kLeaveOut) return std::numeric_limits<double>::infinity();
  if (rule == "keep") return 0;
  if (!rule.starts_with(kAfter)) return std::nullopt;
  rule.remove_prefix(kAfter.size());
  const std::string_view unit = rule.ends_with(kDays) ? kDays : kDay;
  if (!rule.ends_with(unit)) return std::nullopt;
  rule.remove_suffix(unit.size());
  double days = 0;
  const auto [end, code] = std::from_chars(rule.data(), rule.data() + rule.size(), days);
  const bool fits =
      code == std::errc() && end == rule.data() + rule.size() && days > 0 && days <= kMostDays;
  return fits ? std::optional(days) : std::nullopt;
}

void check_rules(
    const ServerConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  for_each_seen(config.answer.seen, [&](const char* key, const std::string& rule) {
    if (days_until_again(rule)) return;
    problem(cat("answer.seen.", key),
            cat(in_quotes(rule), ": must be leave-out, keep or after N days, with N above 0 and ",
                "at most ", kMostDays));
  });
}

void visit(ServerConfig& config, FieldVisitor& v) {
  v.section("http", "", [&] { visit_http(config.http, v); });
  v.section("queue", "", [&] { visit_queue(config.queue, v); });
  v.section("store", "", [&] { visit_store(config.store, v); });
  v.section("retention", "", [&] { visit_retention(config.retention, v); });
  v.section("page", "", [&] { visit(config.page, v); });
  v.section("diversity", "", [&] { visit(config.diversity, v); });
  v.section("answer", "", [&] { visit_answer(config.answer, v); });
  v.section("retrieval", "", [&] { visit_retrieval(config.retrieval, v); });
  v.section("exposures", "", [&] { visit_exposures(config.exposures, v); });
}

}  // namespace marquee::configs
