#include "data/tombstones.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/secret.h"
#include "core/text.h"

namespace marquee::data {

namespace {

constexpr size_t kKeyBytes = 24;

}  // namespace

Tombstones Tombstones::read(const std::filesystem::path& file) {
  Tombstones all;
  const Json json = parse_json(read_file(file), file.string());
  try {
    for (const Json& group : json.at("forgotten")) {
      Group& of = all.groups_.emplace_back();
      of.key = group.at("key");
      for (const auto& [hash, until] : group.at("until").items()) of.until[hash] = until;
    }
  } catch (const Json::exception& error) {
    throw artefact_error(
        cat(file.string(), ": is no file of forgotten members: ", json_reason(error)));
  }
  return all;
}

std::optional<int64_t> Tombstones::forgotten_until(std::string_view user_id) const {
  std::optional<int64_t> latest;
  for (const Group& group : groups_) {
    const auto found = group.until.find(keyed_hash(group.key, user_id));
    if (found != group.until.end())
      latest = std::max(latest.value_or(found->second), found->second);
  }
  return latest;
}

void Tombstones::add(std::string_view user_id, int64_t until) {
  if (groups_.empty()) groups_.push_back({hex_of(random_bytes(kKeyBytes)), {}});
  int64_t& known = groups_.front()
                       .until.try_emplace(keyed_hash(groups_.front().key, user_id), until)
                       .first->second;
  known = std::max(known, until);
}

void Tombstones::add(const Tombstones& others) {
  for (const Group& other : others.groups_) {
    auto mine = std::ranges::find(groups_, other.key, &Group::key);
    if (mine == groups_.end()) mine = groups_.insert(groups_.end(), {other.key, {}});
    for (const auto& [hash, until] : other.until) {
      int64_t& known = mine->until.try_emplace(hash, until).first->second;
      known = std::max(known, until);
    }
  }
}

int64_t Tombstones::size() const {
  int64_t sum = 0;
  for (const Group& group : groups_) sum += std::ssize(group.until);
  return sum;
}

void Tombstones::write(const std::filesystem::path& file) const {
  Json groups = Json::array();
  for (const Group& group : groups_) {
    Json until = Json::object();
    for (const auto& [hash, time] : group.until) until[hash] = time;
    groups.push_back({{"key", group.key}, {"until", std::move(until)}});
  }
  write_file_atomically(file, Json{{"forgotten", std::move(groups)}}.dump() + "\n");
  namespace fs = std::filesystem;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace marquee::data
