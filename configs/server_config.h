// The configuration of `marquee serve`: limits, the queue, and the rules of pages. The meaning of
// each key is in server_config.cpp alone; docs/configuration.md takes it from there.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

struct HttpConfig {
  int threads = 0;
  int connections = 10'000;
  int connections_per_address = 256;
  int body_kib = 2'048;
  int head_seconds = 5;
  int body_seconds = 10;
  int idle_seconds = 60;
  int write_seconds = 10;
};

// How jobs that wait become batches (serving/batcher.h).
struct BatchingConfig {
  int workers = 0;
  int max_batch = 64;
  int max_requests = 1'024;
};

struct QueueConfig : BatchingConfig {
  int max_prefetch = 32;
  int deadline_ms = 1'000;
  int degrade_after_ms = 50;
};

struct StoreConfig {
  int recent_pages = 100'000;
  int cached_users = 100'000;
  int max_titles = 100'000;
};

struct PageConfig {
  int titles_a_row = 20;
  int least_titles_a_row = 4;
  int candidates = 600;
  bool continue_row = true;
  double unfinished = 0.9;
  bool top_row = true;
  int because_rows = 2;
  bool popular_row = true;
  bool new_row = true;
  int new_years = 3;
  int favourite_rows = 3;
  int genre_rows = 1;
  int repeat_pages = 0;
  int repeat_most = 3;
  int repeat_rows = 3;
  int repeat_titles = 6;
  double try_share = 0;
  int try_watches = 20;
  int try_candidates = 20;
  double try_hours = 24;
};

// Days for which events are kept, by kind; 0: until the member is forgotten.
struct RetentionConfig {
  int play = 0, complete = 0, rating = 0, like = 0, dislike = 0, list = 0, hide = 0;
};

// How varied lists and rows are (inference/diversity/).
struct DiversityConfig {
  double strength = 0;
  std::string method = "msd";
  std::string by = "genres";
  int depth = 5;
  int recent = 0;
  int window = 10;
  int most_of_genre = 0, most_of_studio = 0, most_of_director = 0, most_of_actor = 0,
      most_of_language = 0;
  int least_new = 0;
  int new_years = 3;
  int least_from = 0;
  std::string countries;
  std::string floors_of = "none";
  double floors = 0.8;
};

// When a title of the history may be answered again, by the kind of the newest event with it:
// "leave-out" (never), "keep" (at once) or "after N days".
struct SeenConfig {
  std::string play = "leave-out", complete = "leave-out", rating = "leave-out", like = "leave-out",
              list = "leave-out", dislike = "leave-out", hide = "leave-out";
};

// The days of such a rule, infinity for leave-out; nothing where it is none.
std::optional<double> days_until_again(std::string_view rule);

// What a member's events do to answers, whatever the model makes of them.
struct AnswerConfig {
  SeenConfig seen;
  double dislike_strength = 0;
  int dislike_titles = 20;
};

// How the best titles of a member are found (serving/approximate_search.h).
struct RetrievalConfig {
  std::string index = "exact";
  int from_titles = 200'000;
  double share = 0.1;
};

// The log of what was shown (serving/store/feedback_log.h).
struct ExposureConfig {
  std::string user_ids = "keyed";
  int segment_mib = 64;
  int segment_hours = 24;
  int keep_days = 90;
};

struct ServerConfig {
  HttpConfig http;
  QueueConfig queue;
  StoreConfig store;
  RetentionConfig retention;
  PageConfig page;
  DiversityConfig diversity;
  AnswerConfig answer;
  RetrievalConfig retrieval;
  ExposureConfig exposures;
};

void visit(PageConfig& config, FieldVisitor& visitor);  // the keys of its section
void visit(DiversityConfig& config, FieldVisitor& visitor);
void visit(ServerConfig& config, FieldVisitor& visitor);

void check_rules(
    const ServerConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

// As read_config (yaml.h); without a file the defaults, with the overrides.
ServerConfig read_server_config(const std::filesystem::path& file,
                                const std::vector<std::string>& overrides);

}  // namespace marquee::configs
