#include "serving/erasure.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/lineage.h"
#include "core/secret.h"
#include "core/signature.h"
#include "core/text.h"
#include "data/feedback_lines.h"
#include "data/forget_members.h"
#include "data/tombstones.h"
#include "serving/http/client.h"
#include "serving/http/http.h"
#include "serving/store/feedback_segments.h"
#include "serving/store/history_backend.h"
#include "serving/store/keyed_ids.h"

namespace marquee::serving {

namespace {

namespace fs = std::filesystem;

constexpr size_t kSaltBytes = 16;

fs::path store_in(const fs::path& state) {
  const fs::path file = state / "history.db";
  if (fs::exists(file)) return file;
  throw Error(cat("--state ", state.string(),
                  ": has no history.db; it must be the folder that "
                  "marquee serve --state names"));
}

std::unique_ptr<HistoryBackend> opened_store(const fs::path& state) {
  const fs::path file = store_in(state);
  try {
    return sqlite_histories(file);
  } catch (const Error& error) {
    throw Error(cat(error.what(), "; a server that uses it is named with --server"), error.kind());
  }
}

int64_t forget_in(HistoryBackend& histories, const std::string& user_id) {
  std::vector<HistoryChange> changes(1);
  changes.front().forgotten = user_id;
  histories.write(changes);
  return changes.front().count;
}

std::vector<std::string> lines_of(const fs::path& exposures, const std::vector<std::string>& ids) {
  const auto marks = marks_of(ids);
  std::vector<std::string> lines;
  for (const fs::path& file : FeedbackSegments::files_in(exposures)) {
    const std::string text = read_file(file);
    for (const std::string_view line : split(text, '\n')) {
      const bool theirs = std::ranges::any_of(marks, [&](const std::string& mark) {
        return line.find(mark) != std::string_view::npos;
      });
      if (theirs) lines.emplace_back(data::json_of(line));
    }
  }
  std::erase(lines, "");  // one that was not written completely
  return lines;
}

// Under which ids logs, and datasets that were made from them, know the user.
std::vector<std::string> ids_in_logs(const MemberPlaces& places, const std::string& user_id) {
  std::set<std::string> ids = {user_id};
  for (const fs::path& log : places.exposures) {
    for (const std::string& id : ids_in_log(log, user_id)) ids.insert(id);
  }
  return {ids.begin(), ids.end()};
}

class Forgetting {
 public:
  // What can be wrong is found out here, before anything is erased.
  explicit Forgetting(const ErasureOptions& options)
      : options_(options),
        until_(std::time(nullptr)),
        ids_(ids_in_logs(options.places, options.user_id)) {
    for (const fs::path& state : options.places.states) store_in(state);
    if (!options.signing_key.empty()) sign("", options.signing_key);
    for (const fs::path& folder : options.artefacts) {
      std::ranges::move(artefacts_below(folder), std::back_inserter(artefacts_));
    }
    // First, so that what is ingested meanwhile has nothing of the member either.
    if (!options.tombstones.empty()) add_tombstones();
  }

  Erasure run() {
    try {
      erase();
    } catch (const Error&) {
      finish(/*complete=*/false);
      throw;
    }
    finish(/*complete=*/true);
    return std::move(erasure_);
  }

 private:
  void erase() {
    const MemberPlaces& places = options_.places;
    for (const std::string& server : places.servers) forget_at(server);
    for (const fs::path& state : places.states) {
      add("history", store_in(state).string(), forget_in(*opened_store(state), options_.user_id));
    }
    for (const std::string& redis : places.redis) {
      add("history", redis, forget_in(*redis_histories(redis), options_.user_id));
    }
    for (const fs::path& log : places.exposures) forget_in_log(log);
    if (!options_.tombstones.empty()) add_tombstones();  // under the ids that servers named
    for (const fs::path& dataset : places.datasets) {
      const data::DatasetErasure erased = data::forget_member(dataset, ids_, until_);
      held_.insert(held_.end(), erased.held_in.begin(), erased.held_in.end());
      add("dataset", dataset.string(), erased.interactions + erased.shown);
    }
  }

  void add(const char* kind, const std::string& name, int64_t removed) {
    erasure_.places.push_back({kind, name, removed});
  }

  void add_tombstones() const {
    fs::path beside = options_.tombstones;
    const FileLock lock(beside += ".lock", options_.tombstones.string());
    data::Tombstones tombstones;
    if (fs::exists(options_.tombstones)) tombstones = data::Tombstones::read(options_.tombstones);
    for (const std::string& id : ids_) tombstones.add(id, until_);
    tombstones.write(options_.tombstones);
  }

  void forget_at(const std::string& server) {
    HttpClient client(server, options_.places.server_key);
    const std::string path = "/v1/users/" + percent_encoded(options_.user_id);
    const Json answer = parse_json(client.call("DELETE", path), server);
    add("server", server, answer.value("removed", int64_t{0}));
    const std::string id = answer.value("logged_as", "");
    if (!id.empty() && std::ranges::find(ids_, id) == ids_.end()) ids_.push_back(id);
  }

  // A server that has the log has erased it already, if it was named.
  void forget_in_log(const fs::path& log) {
    if (!options_.places.servers.empty() && lines_of(log, ids_).empty()) {
      return add("exposures", log.string(), 0);
    }
    const FileLock lock(log / "lock", cat("the log ", log.string()));
    add("exposures", log.string(), FeedbackSegments(log).remove_lines_with(marks_of(ids_)));
  }

  void finish(bool complete) {
    std::set<std::string> said;
    for (Manifest& each : made_from(artefacts_, held_)) {
      if (said.insert(each.sha256).second) erasure_.learned.push_back(std::move(each));
    }
    if (!options_.receipt.empty()) write_receipt(complete);
  }

  void write_receipt(bool complete) const {
    const std::string salt = hex_of(random_bytes(kSaltBytes));
    Json places = Json::array(), learned = Json::array();
    for (const Erasure::Place& each : erasure_.places) {
      places.push_back({{"kind", each.kind}, {"place", each.name}, {"removed", each.removed}});
    }
    for (const Manifest& each : erasure_.learned) {
      learned.push_back(
          {{"kind", each.kind}, {"folder", each.folder.string()}, {"id", each.sha256}});
    }
    ArtefactWriter writer(options_.receipt, "receipt", options_.overwrite);
    const Json receipt = {
        {"member", {{"salt", salt}, {"hash", keyed_hash(salt, options_.user_id)}}},
        {"forgotten_at", until_},
        {"complete", complete},
        {"erased", std::move(places)},
        {"still_learned_from", std::move(learned)}};
    write_file(writer.folder() / "receipt.json", receipt.dump(2) + "\n");
    writer.commit({{"forgotten_at", until_},
                   {"complete", complete},
                   {"places", erasure_.places.size()},
                   {"still_learned_from", erasure_.learned.size()}},
                  {});
    if (!options_.signing_key.empty()) sign_manifest(options_.receipt, options_.signing_key);
  }

  const ErasureOptions& options_;
  const int64_t until_;  // Unix seconds
  std::vector<std::string> ids_;
  std::vector<Manifest> artefacts_;
  Erasure erasure_;
  std::vector<std::string> held_;  // ids of datasets that held the member
};

Json stored_json(const std::string& place, const std::string& user_id, const StoredUser& user) {
  Json json = parse_json(user_json(user_id, user.without_profile, user.history), place);
  json["place"] = place;
  return json;
}

}  // namespace

Erasure forget_everywhere(const ErasureOptions& options) { return Forgetting(options).run(); }

Json exported_user(const std::string& user_id, const MemberPlaces& places) {
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  Json histories = Json::array(), shown = Json::array(), datasets = Json::array();
  const auto add = [&](const std::string& place, const StoredUser& user) {
    if (!user.empty()) histories.push_back(stored_json(place, user_id, user));
  };
  for (const fs::path& state : places.states) {
    add(store_in(state).string(), opened_store(state)->read(user_id, kAll));
  }
  for (const std::string& redis : places.redis) {
    add(redis, redis_histories(redis)->read(user_id, kAll));
  }
  const auto ids = ids_in_logs(places, user_id);
  for (const fs::path& log : places.exposures) {
    for (const std::string& line : lines_of(log, ids)) {
      shown.push_back(parse_json(line, log.string()));
    }
  }
  for (const fs::path& dataset : places.datasets) {
    Json member = data::exported_member(dataset, ids);
    if (member.is_null()) continue;
    member["place"] = dataset.string();
    datasets.push_back(std::move(member));
  }
  return {{"user_id", user_id},
          {"histories", std::move(histories)},
          {"shown", std::move(shown)},
          {"datasets", std::move(datasets)}};
}

}  // namespace marquee::serving
