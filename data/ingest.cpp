#include "data/ingest.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>
#include <optional>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/forget_members.h"
#include "data/input_files.h"
#include "data/interactions.h"
#include "data/limits.h"
#include "data/sorting.h"
#include "data/sources.h"
#include "data/time_range.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

Sources open_files(const IngestOptions& options, Problems& problems) {
  Sources sources;
  sources.name = options.interactions.front().stem().string();
  for (InputFile& input : input_files(options.interactions)) {
    TableFormat format;
    format.constants = std::move(input.constants);
    sources.interactions.push_back(
        std::make_unique<Table>(input.file, interactions_schema(), format, problems));
    if (options.feedback.folder.empty()) sources.files.push_back(input.file);
  }
  if (!options.titles.empty()) {
    const Table table(options.titles, titles_schema(), TableFormat{}, problems);
    sources.titles = read_titles(table, problems);
    sources.files.push_back(options.titles);
  }
  if (!options.users.empty()) {
    const Table table(options.users, users_schema(), TableFormat{}, problems);
    sources.users = read_users(table, problems);
    sources.files.push_back(options.users);
  }
  return sources;
}

std::vector<Source> hash_sources(const std::vector<fs::path>& files) {
  std::vector<Source> sources(files.size());
  parallel_for(static_cast<int64_t>(files.size()), 1, [&](int64_t i, int64_t) {
    const fs::path& file = files[static_cast<size_t>(i)];
    sources[static_cast<size_t>(i)] = {"file", file.filename().string(), sha256_file(file)};
  });
  return sources;
}

void check_split_column(const IngestOptions& options, const Table& table, Problems& problems) {
  if (options.split.split != Split::kGiven || table.records().empty()) return;
  if (table.has(static_cast<size_t>(InteractionColumn::kSplit))) return;
  problems.add(table.file().string() +
               ": --split given needs a column \"split\" of train, valid and test");
}

std::string percent(double share) { return fixed(share * 100, 1) + " %"; }

Json part_facts(Split split, InteractionColumns& columns) {
  const PartFacts facts = describe_parts(columns.times(), columns.parts());
  const auto count = [&](Part part) { return facts.counts[static_cast<size_t>(part)]; };
  if (count(Part::kTest) == 0) {
    log::warn(cat("the split ", name(split), " leaves no test interactions: histories are too ",
                  "short or too few; nothing can be evaluated on this dataset"));
  }
  if (count(Part::kTrain) == 0) log::warn("no interaction is for training");
  if (facts.future_leak > 0) {
    log::warn(
        cat(percent(facts.future_leak), " of training interactions are later than the median ",
            "test interaction: a model may learn from the future; --split temporal does not"));
  }
  return {{"train", count(Part::kTrain)},
          {"valid", count(Part::kValid)},
          {"test", count(Part::kTest)},
          {"given", count(Part::kGiven)},
          {"future_leak", facts.future_leak}};
}

// How many titles of the titles file have no interactions.
int64_t without_interactions(std::span<const uint32_t> interactions, size_t titles) {
  std::vector<bool> seen(titles + 1);
  for (const uint32_t title : interactions) {
    if (title <= titles) seen[title] = true;
  }
  return std::count(seen.begin() + 1, seen.end(), false);
}

int64_t absent(const UserAttributes& known, const Vocabulary& users) {
  int64_t count = 0;
  for (uint32_t i = 0; i < known.ids.size(); ++i) count += users.find(known.ids[i]) ? 0 : 1;
  if (count > 0) {
    log::warn(cat(grouped(count), " of ", grouped(known.ids.size()),
                  " users of the users file have ", "no interactions and are left out"));
  }
  return count;
}

// Wrong timestamps are rarely meant: a clock that was off, another unit, a date of birth.
void warn_of_odd_times(std::span<const int64_t> times) {
  const TimeRange usual = usual_times(times);
  const int64_t tomorrow = std::time(nullptr) + 86'400;
  int64_t later = 0, unusual = 0;
  int64_t first = kMaxTime, last = kMinTime;
  for (const int64_t time : times) {
    later += time > tomorrow;
    if (usual.contains(time)) continue;
    ++unusual;
    first = std::min(first, time);
    last = std::max(last, time);
  }
  if (unusual > 0) {
    log::warn(cat(grouped(unusual), unusual == 1 ? " interaction is" : " interactions are",
                  " far from the others in time (", day(first),
                  first == last ? "" : " to " + day(last), "); check the timestamps"));
  }
  if (later > 0) {
    log::warn(cat(grouped(later), later == 1 ? " interaction is" : " interactions are",
                  " later than the clock of this machine, up to ",
                  day(*std::max_element(times.begin(), times.end())), "; check the timestamps"));
  }
}

// Ids of the datasets that were in this place before.
std::vector<std::string> ids_before(const IngestOptions& options) {
  if (!options.overwrite || !fs::exists(options.out / "manifest.json")) return {};
  const Manifest replaced = read_manifest(options.out);
  if (replaced.kind != "dataset") return {};
  auto ids = replaced_ids(options.out);
  for (std::string& id : ids_of(replaced)) ids.push_back(std::move(id));
  return ids;
}

// Of the file that was named, and of the dataset that is replaced.
Tombstones tombstones_of(const IngestOptions& options) {
  Tombstones all;
  if (!options.tombstones.empty()) all.add(Tombstones::read(options.tombstones));
  const fs::path kept = options.out / kDatasetTombstones;
  if (fs::exists(kept)) all.add(Tombstones::read(kept));
  return all;
}

class Ingest {
 public:
  explicit Ingest(const IngestOptions& options)
      : options_(options),
        writer_(options.out, "dataset", options.overwrite),
        forgotten_(tombstones_of(options)),
        replaced_(ids_before(options)) {
    options_.feedback.forgotten = &forgotten_;
  }

  IngestSummary run() {
    const auto start = std::chrono::steady_clock::now();
    read();
    write();
    IngestSummary summary;
    summary.rows = static_cast<int64_t>(staged_.count);
    summary.manifest = writer_.commit(std::move(facts_), hash_sources(sources_.files));
    summary.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
  }

 private:
  void read() {
    Problems problems;
    if (!options_.feedback.folder.empty()) {
      joined_ = join_feedback(options_.feedback, writer_.folder());
      options_.interactions = {writer_.folder() / "feedback.csv"};
    }
    sources_ = options_.movielens.empty() ? open_files(options_, problems)
                                          : open_movielens(options_.movielens, problems);
    if (joined_) {
      sources_.name = options_.feedback.folder.filename().string();
      std::ranges::copy(joined_->files, std::back_inserter(sources_.files));
    }
    for (const auto& table : sources_.interactions) check_split_column(options_, *table, problems);
    titles_.add("");  // index 0 is padding
    for (const TitleRecord& title : sources_.titles) titles_.add(title.id);
    staged_ = stage_interactions(sources_.interactions, options_.split.split == Split::kGiven,
                                 {writer_.folder(), users_, titles_, problems, forgotten_});
    if (problems.empty() && staged_.count == 0) {
      problems.add(sources_.interactions.front()->file().string() + ": no interactions in it");
    }
    problems.throw_if_any("nothing was written");
  }

  void write() {
    const fs::path& folder = writer_.folder();
    const float low = std::min(0.0F, staged_.min_rating);
    facts_ = {{"name", options_.name.empty() ? sources_.name : options_.name},
              {"split", name(options_.split.split)},
              {"seed", options_.split.seed},
              {"users", users_.size()},
              {"titles", titles_.size() - 1},
              {"interactions", staged_.count},
              {"has_ratings", staged_.ratings > 0},
              {"min_rating", low},
              {"max_rating", staged_.max_rating > low ? staged_.max_rating : low + 1},
              {"time_min", staged_.time_min},
              {"time_max", staged_.time_max}};
    InteractionColumns columns(staged_, folder);
    throw_if_interrupted();
    warn_of_odd_times(columns.times());
    assign_parts(options_.split, {columns.offsets(), columns.times()}, columns.parts());
    facts_.update(part_facts(options_.split.split, columns));
    facts_["features"] = write_catalogue(sources_.titles, titles_, folder);
    write_users(users_, sources_.users, folder);
    facts_["user_attributes"] = sources_.users.names;
    facts_["titles_without_interactions"] =
        without_interactions(columns.titles(), sources_.titles.size());
    facts_["titles_only_in_interactions"] = titles_.size() - 1 - sources_.titles.size();
    facts_["users_without_interactions"] = absent(sources_.users, users_);
    facts_["has_propensities"] = !staged_.shown.empty();
    keep_replaced_ids(folder, replaced_);
    if (!forgotten_.empty()) {
      forgotten_.write(folder / kDatasetTombstones);
      facts_["forgotten_members"] = forgotten_.size();
      facts_["forgotten_interactions"] = staged_.forgotten;
    }
    fs::remove(staged_.rows);
    if (!staged_.shown.empty()) fs::remove(staged_.shown);
    if (joined_) {
      facts_["feedback"] = facts_of(joined_->counts);
      sources_.interactions.clear();
      fs::remove(options_.interactions.front());
    }
    throw_if_interrupted();
  }

  IngestOptions options_;
  ArtefactWriter writer_;
  const Tombstones forgotten_;
  const std::vector<std::string> replaced_;
  std::optional<JoinedFeedback> joined_;
  Sources sources_;
  Vocabulary users_;
  Vocabulary titles_;
  StagedInteractions staged_;
  Json facts_;
};

}  // namespace

IngestSummary ingest(const IngestOptions& options) { return Ingest(options).run(); }

}  // namespace marquee::data
