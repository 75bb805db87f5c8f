#include "serving/erasure.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <future>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/lineage.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/text.h"
#include "data/feedback_lines.h"
#include "data/forget_members.h"
#include "data/tombstones.h"
#include "inference/json_writer.h"
#include "serving/http/client.h"
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

std::string path_of(const std::string& user_id) {
  std::string path = "/v1/users/";
  for (const char c : user_id) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_');
    plain ? path += c : path += cat('%', kHex[byte >> 4], kHex[byte & 15]);
  }
  return path;
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

// Lines of a log that are of the user, whether their ids are keyed or plain.
std::vector<std::string> marks_of(const fs::path& exposures, const std::string& user_id) {
  std::vector<std::string> marks;
  for (const std::string& id : ids_in_log(exposures, user_id)) {
    marks.emplace_back("\"user\":");
    inference::append_text(marks.back(), id);
  }
  return marks;
}

std::vector<std::string> lines_of(const fs::path& exposures, const std::string& user_id) {
  const auto marks = marks_of(exposures, user_id);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(exposures)) {
    if (entry.path().extension() == data::kFeedbackSuffix) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> lines;
  for (const fs::path& file : files) {
    const std::string text = read_file(file);
    for (const std::string_view line : split(text, '\n')) {
      const bool theirs = std::ranges::any_of(marks, [&](const std::string& mark) {
        return line.find(mark) != std::string_view::npos;
      });
      if (theirs) lines.emplace_back(data::json_of(line));
    }
  }
  return lines;
}

int64_t forget_in_log(const fs::path& exposures, const std::string& user_id) {
  const FileLock lock(exposures / "lock", cat("the log ", exposures.string()));
  const auto removed = std::ssize(lines_of(exposures, user_id));
  FeedbackSegments segments(exposures);
  for (const std::string& mark : marks_of(exposures, user_id)) segments.remove_lines_with(mark);
  return removed;
}

void add_tombstone(const ErasureOptions& options, int64_t until) {
  data::Tombstones tombstones;
  if (fs::exists(options.tombstones)) tombstones = data::Tombstones::read(options.tombstones);
  tombstones.add(options.user_id, until);
  // Datasets that were made from a log know the member by the id that the log has.
  for (const fs::path& log : options.places.exposures) {
    for (const std::string& id : ids_in_log(log, options.user_id)) tombstones.add(id, until);
  }
  tombstones.write(options.tombstones);
}

class Forgetting {
 public:
  explicit Forgetting(const ErasureOptions& options)
      : options_(options), until_(std::time(nullptr)) {}

  Erasure run() {
    // First, so that what comes from files meanwhile is left out as well.
    if (!options_.tombstones.empty()) add_tombstone(options_, until_);
    const MemberPlaces& places = options_.places;
    for (const std::string& server : places.servers) forget_at(server);
    for (const fs::path& state : places.states) {
      add("history", store_in(state).string(), forget_in(*opened_store(state), options_.user_id));
    }
    for (const std::string& redis : places.redis) {
      add("history", redis, forget_in(*redis_histories(redis), options_.user_id));
    }
    for (const fs::path& log : places.exposures) {
      add("exposures", log.string(), forget_in_log(log, options_.user_id));
    }
    for (const fs::path& dataset : places.datasets) forget_in_dataset(dataset);
    find_learned();
    if (!options_.receipt.empty()) write_receipt();
    return std::move(erasure_);
  }

 private:
  void add(const char* kind, const std::string& name, int64_t removed) {
    erasure_.places.push_back({kind, name, removed});
  }

  void forget_at(const std::string& server) {
    HttpClient client(server, options_.places.server_key);
    const std::string answer = client.call("DELETE", path_of(options_.user_id));
    add("server", server, parse_json(answer, server).value("removed", int64_t{0}));
  }

  void forget_in_dataset(const fs::path& dataset) {
    std::set<std::string> ids = {options_.user_id};
    for (const fs::path& log : options_.places.exposures) {
      for (const std::string& id : ids_in_log(log, options_.user_id)) ids.insert(id);
    }
    int64_t removed = 0;
    for (const std::string& id : ids) {
      const data::DatasetErasure erased = data::forget_member(dataset, id, until_);
      removed += erased.interactions + erased.shown;
      if (erased.held) held_.insert(held_.end(), erased.ids.begin(), erased.ids.end());
    }
    add("dataset", dataset.string(), removed);
  }

  void find_learned() {
    std::set<std::string> said;
    for (const fs::path& folder : options_.artefacts) {
      for (Manifest& each : made_from(artefacts_below(folder), held_)) {
        if (said.insert(each.sha256).second) erasure_.learned.push_back(std::move(each));
      }
    }
  }

  void write_receipt() const {
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
        {"erased", std::move(places)},
        {"still_learned_from", std::move(learned)}};
    write_file(writer.folder() / "receipt.json", receipt.dump(2) + "\n");
    writer.commit({{"forgotten_at", until_},
                   {"places", erasure_.places.size()},
                   {"still_learned_from", erasure_.learned.size()}},
                  {});
    if (!options_.signing_key.empty()) sign_manifest(options_.receipt, options_.signing_key);
  }

  const ErasureOptions& options_;
  const int64_t until_;  // Unix seconds
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
  for (const fs::path& log : places.exposures) {
    for (const std::string& line : lines_of(log, user_id)) {
      shown.push_back(parse_json(line, log.string()));
    }
  }
  for (const fs::path& dataset : places.datasets) {
    Json member = data::exported_member(dataset, user_id);
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
