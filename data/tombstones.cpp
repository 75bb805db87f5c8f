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
      for (const auto& [hash, stone] : group.at("members").items()) {
        of.stones[hash] = {stone.at("until"), stone.at("held_in")};
      }
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
    const auto found = group.stones.find(keyed_hash(group.key, user_id));
    if (found == group.stones.end()) continue;
    latest = std::max(latest.value_or(found->second.until), found->second.until);
  }
  return latest;
}

std::vector<std::string> Tombstones::held_in(std::string_view user_id) const {
  std::set<std::string> ids;
  for (const Group& group : groups_) {
    const auto found = group.stones.find(keyed_hash(group.key, user_id));
    if (found != group.stones.end()) {
      ids.insert(found->second.held_in.begin(), found->second.held_in.end());
    }
  }
  return {ids.begin(), ids.end()};
}

void Tombstones::join(Stone& known, const Stone& other) {
  known.until = std::max(known.until, other.until);
  known.held_in.insert(other.held_in.begin(), other.held_in.end());
}

void Tombstones::add(std::string_view user_id, int64_t until,
                     const std::vector<std::string>& held_in) {
  if (groups_.empty()) groups_.push_back({hex_of(random_bytes(kKeyBytes)), {}});
  Group& group = groups_.front();
  join(group.stones.try_emplace(keyed_hash(group.key, user_id), Stone{until, {}}).first->second,
       {until, {held_in.begin(), held_in.end()}});
}

void Tombstones::add(const Tombstones& others) {
  for (const Group& other : others.groups_) {
    auto mine = std::ranges::find(groups_, other.key, &Group::key);
    if (mine == groups_.end()) mine = groups_.insert(groups_.end(), {other.key, {}});
    for (const auto& [hash, stone] : other.stones) {
      join(mine->stones.try_emplace(hash, stone).first->second, stone);
    }
  }
}

int64_t Tombstones::size() const {
  int64_t sum = 0;
  for (const Group& group : groups_) sum += std::ssize(group.stones);
  return sum;
}

void Tombstones::write(const std::filesystem::path& file) const {
  Json groups = Json::array();
  for (const Group& group : groups_) {
    Json members = Json::object();
    for (const auto& [hash, stone] : group.stones) {
      members[hash] = {{"until", stone.until}, {"held_in", stone.held_in}};
    }
    groups.push_back({{"key", group.key}, {"members", std::move(members)}});
  }
  write_file_atomically(file, Json{{"forgotten", std::move(groups)}}.dump() + "\n");
  namespace fs = std::filesystem;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace marquee::data
