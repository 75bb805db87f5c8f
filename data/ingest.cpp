#include "data/ingest.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/append.h"
#include "data/dataset_facts.h"
#include "data/event_facts.h"
#include "data/forget_members.h"
#include "data/interactions.h"
#include "data/mapping_facts.h"
#include "data/sorting.h"
#include "data/sources.h"
#include "data/thinning.h"
#include "data/whole_dataset.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

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

// How many users of the users file are not among those with interactions.
int64_t absent(const Vocabulary& named, const Vocabulary& users) {
  int64_t count = 0;
  for (uint32_t i = 0; i < named.size(); ++i) count += users.find(named[i]) ? 0 : 1;
  if (count > 0) {
    log::warn(cat(grouped(count), " of ", grouped(named.size()),
                  " users of the users file have no interactions and are left out"));
  }
  return count;
}

// The ids of a dataset and of all that it was appended to.
std::vector<std::string> versions_of(const Manifest& dataset) {
  std::vector<std::string> ids = grown_from(dataset);
  for (std::string& id : ids_of(dataset)) ids.push_back(std::move(id));
  return ids;
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
  for (const fs::path& folder : {options.out, options.append}) {
    const fs::path kept = folder / kDatasetTombstones;
    if (!folder.empty() && fs::exists(kept)) all.add(Tombstones::read(kept));
  }
  return all;
}

// Refuses to add to a dataset what would not be read as it was.
void check_appendable(const IngestOptions& options, const Manifest& before) {
  if (before.facts.contains("feedback")) {
    throw Error(cat("nothing can be appended to ", options.append.string(), ": it is made of a ",
                    "server's log, which says how each interaction was shown; take the whole log ",
                    "again with --feedback"));
  }
  const auto differs = [&](const char* what, const std::string& old, const std::string& given) {
    throw Error(cat(options.append.string(), " was made with ", what, " ", old, ", not ", given,
                    "; append with the same, or ingest all files again"));
  };
  const std::string split(name(options.split.split));
  if (const auto old = before.fact<std::string>("split"); old != split) {
    differs("--split", old, split);
  }
  const auto seed = before.fact<uint64_t>("seed");
  if (seed != options.split.seed) differs("--seed", cat(seed), cat(options.split.seed));
  if (mapping_of(before) != options.mapping_yaml) {
    differs("a mapping", "(mapping.yaml in it)", "with this one");
  }
}

// The dataset that is appended to, with all that it holds.
struct Before {
  explicit Before(const IngestOptions& options)
      : manifest(read_manifest(options.append, "dataset")) {
    check_appendable(options, manifest);
    data.emplace(options.mapping.thinning.any() ? whole_of(manifest) : options.append);
  }

  Manifest manifest;
  std::optional<Dataset> data;
};

std::unique_ptr<Before> before_of(const IngestOptions& options) {
  return options.append.empty() ? nullptr : std::make_unique<Before>(options);
}

class Ingest {
 public:
  explicit Ingest(const IngestOptions& options)
      : options_(options),
        writer_(options.out, "dataset", options.overwrite),
        before_(before_of(options)),
        forgotten_(tombstones_of(options)),
        replaced_(ids_before(options)) {
    options_.feedback.forgotten = &forgotten_;
    if (options_.written) options_.mapping = options_.mapping.without_names();
  }

  IngestSummary run() {
    const auto start = std::chrono::steady_clock::now();
    read();
    write();
    IngestSummary summary;
    summary.rows = static_cast<int64_t>(staged_.count);
    if (before_) {
      const Json& facts = before_->manifest.facts;
      summary.new_users = int64_t{users_.size()} - facts.at("users").get<int64_t>();
      summary.new_titles = int64_t{titles_.size()} - 1 - facts.at("titles").get<int64_t>();
    }
    summary.left_out = std::move(left_out_);
    summary.events = std::move(events_);
    std::vector<Source> sources = hash_sources(sources_.files);
    std::ranges::move(sources_.read, std::back_inserter(sources));
    if (written_) sources.push_back(written_->source);
    if (before_) {
      sources.insert(sources.begin(), {"dataset", before_->data->name(), before_->manifest.sha256});
    }
    summary.manifest = writer_.commit(std::move(facts_), std::move(sources));
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
    if (options_.written) {
      written_ = options_.written(writer_.folder(), data_before());
      options_.interactions = {written_->interactions};
    }
    open(problems);
    named_users_ = sources_.users.ids;
    if (joined_) {
      sources_.name = options_.feedback.folder.filename().string();
      std::ranges::copy(joined_->files, std::back_inserter(sources_.files));
    }
    for (const auto& table : sources_.interactions) check_split_column(options_, *table, problems);
    if (written_) add_written();
    if (before_) add_before(*before_->data, problems);
    if (written_) withdraw();
    titles_.add("");  // index 0 is padding
    for (const TitleRecord& title : sources_.titles) titles_.add(title.id);
    staged_ = stage_interactions(
        sources_.interactions, options_.split.split == Split::kGiven,
        {writer_.folder(), users_, titles_, problems, forgotten_, options_.mapping});
    left_out_ = left_out_of(staged_);
    events_ = counted_names(options_.mapping.events, staged_);
    if (problems.empty() && staged_.count == 0 && !before_) {
      problems.add(sources_.interactions.front()->file().string() + ": no interactions in it" +
                   (left_out_.empty() ? "" : " are left by the mapping: " + left_out_.dump()));
    }
    problems.throw_if_any("nothing was written");
  }

  void open(Problems& problems) {
    if (!options_.movielens.empty()) {
      sources_ = open_movielens(options_.movielens, problems);
      return;
    }
    sources_ = open_files({options_.interactions, options_.titles, options_.users},
                          options_.mapping, writer_.folder(), problems);
    if (before_) sources_.name.clear();
    if (joined_ || written_) std::erase(sources_.files, options_.interactions.front());
  }

  const Dataset* data_before() const { return before_ ? &*before_->data : nullptr; }

  void write() {
    const fs::path& folder = writer_.folder();
    InteractionColumns columns(staged_, folder, data_before());
    throw_if_interrupted();
    facts_ = {{"name", options_.name.empty() ? sources_.name : options_.name},
              {"split", name(options_.split.split)},
              {"seed", options_.split.seed},
              {"user_attributes", sources_.users.names},
              {"has_propensities", columns.has_propensities()}};
    add_mapping_facts();
    thin_out(columns);
    warn_of_odd_times(columns.times());
    assign_parts(options_.split, {columns.offsets(), columns.times()}, columns.parts());
    facts_["users"] = users_.size();
    facts_["titles"] = titles_.size() - 1;
    facts_.update(interaction_facts(columns));
    EventWeights weights = options_.mapping.weights;
    weights.ratings = {facts_["min_rating"].get<float>(), facts_["max_rating"].get<float>()};
    if (!joined_) check_learnable(weights, columns);
    facts_.update(part_facts(options_.split.split, columns));
    facts_["features"] = write_catalogue(sources_.titles, titles_, folder);
    write_users(users_, sources_.users, folder);
    facts_["titles_without_interactions"] =
        without_interactions(columns.titles(), sources_.titles.size());
    facts_["titles_only_in_interactions"] =
        static_cast<int64_t>(titles_.size() - 1 - sources_.titles.size()) +
        (before_ ? std::ranges::count_if(sources_.titles, is_known_by_id_alone) : 0);
    facts_["users_without_interactions"] = absent(named_users_, users_);
    if (before_) facts_["grown_from"] = versions_of(before_->manifest);
    keep_aside(folder);
    throw_if_interrupted();
  }

  // Members and titles keep their indices, and what is known of them unless files say it anew.
  void add_written() {
    if (!before_) sources_.name = written_->name;
    update(sources_.titles, std::move(written_->titles));
  }

  // Titles that a server does not show any more are available until long ago.
  void withdraw() {
    const std::set<std::string> withdrawn(written_->withdrawn.begin(), written_->withdrawn.end());
    for (TitleRecord& title : sources_.titles) {
      if (withdrawn.contains(title.id)) title.available_until = 0;
    }
  }

  void add_before(const Dataset& before, Problems& problems) {
    if (sources_.name.empty()) sources_.name = before.name();
    std::vector<TitleRecord> titles = records_of(before.catalogue());
    update(titles, std::move(sources_.titles));
    sources_.titles = std::move(titles);
    for (int64_t user = 0; user < before.users(); ++user) users_.add(before.user_id(user));
    sources_.users = updated(attributes_of(before), sources_.users);
    if (options_.tombstones.empty()) return;
    for (int64_t user = 0; user < before.users(); ++user) {
      const auto until = forgotten_.forgotten_until(before.user_id(user));
      const auto times = before.history(user).times;
      if (!until || times.empty() || times.front() > *until) continue;
      problems.add(cat(options_.append.string(), " holds members who were forgotten; ",
                       "marquee forget takes them out of it"));
      return;
    }
  }

  // What the mapping did, but for rules that look at whole histories.
  void add_mapping_facts() {
    const Json weights = facts_of(options_.mapping.weights);
    if (weights.contains("weights")) facts_["weights"] = weights["weights"];
    if (options_.mapping_yaml.empty()) return;
    // What a store still holds and rules leave out is met every time, and counted once.
    const Json added = before_ && written_ ? Json::object() : left_out_;
    facts_["left_out"] = before_ ? sum(before_->data->manifest(), "left_out", added) : added;
    facts_["events"] = before_ ? sum(before_->data->manifest(), "events", events_) : events_;
  }

  void thin_out(InteractionColumns& columns) {
    const Thinning& rules = options_.mapping.thinning;
    if (!rules.any()) return;
    const Numbered numbered{users_, titles_, sources_.titles};
    keep_whole(writer_.folder(), columns, numbered, sources_.users, facts_);
    const Thinned thinned = data::thin_out(rules, columns, numbered, writer_.folder());
    add_thinned(thinned, left_out_);
    add_thinned(thinned, facts_["left_out"]);
    if (columns.times().empty()) {
      throw Error("the mapping leaves no interactions: it left out " + left_out_.dump());
    }
  }

  // What stands beside the columns.
  void keep_aside(const fs::path& folder) {
    keep_replaced_ids(folder, replaced_);
    if (!forgotten_.empty()) {
      forgotten_.write(folder / kDatasetTombstones);
      facts_["forgotten_members"] = forgotten_.size();
      facts_["forgotten_interactions"] = staged_.left_out[static_cast<size_t>(LeftOut::kForgotten)];
    }
    if (!options_.mapping_yaml.empty()) {
      write_file(folder / kDatasetMapping, options_.mapping_yaml);
    }
    fs::remove(staged_.rows);
    if (!staged_.shown.empty()) fs::remove(staged_.shown);
    if (written_) {
      facts_["store"] = written_->facts;
      sources_.interactions.clear();
      fs::remove(options_.interactions.front());
    }
    if (joined_) {
      facts_["feedback"] = facts_of(joined_->counts);
      sources_.interactions.clear();
      fs::remove(options_.interactions.front());
    }
  }

  IngestOptions options_;
  ArtefactWriter writer_;
  const std::unique_ptr<Before> before_;  // null: nothing is appended to
  const Tombstones forgotten_;
  const std::vector<std::string> replaced_;
  std::optional<JoinedFeedback> joined_;
  std::optional<WrittenInputs> written_;
  Sources sources_;
  Vocabulary named_users_;  // of the users file
  Vocabulary users_;
  Vocabulary titles_;
  StagedInteractions staged_;
  Json left_out_, events_;
  Json facts_;
};

}  // namespace

IngestSummary ingest(const IngestOptions& options) { return Ingest(options).run(); }

}  // namespace marquee::data
