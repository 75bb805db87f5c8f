#include "inference/user_ids.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/secret.h"
#include "core/text.h"

namespace marquee::inference {

namespace {

constexpr size_t kKeyBytes = 32, kHashBytes = 16;

struct Entry {
  char hash[kHashBytes];
  uint32_t number;

  std::string_view key() const { return {hash, kHashBytes}; }
};
static_assert(sizeof(Entry) == kHashBytes + sizeof(uint32_t));

std::string_view key_in(const MappedFile& file) { return file.text().substr(0, kKeyBytes); }

std::span<const Entry> entries_in(const MappedFile& file) {
  const std::string_view text = file.text().substr(kKeyBytes);
  return {reinterpret_cast<const Entry*>(text.data()), text.size() / sizeof(Entry)};
}

}  // namespace

UserIds::UserIds(const std::filesystem::path& file, int64_t last) : file_(file) {
  const size_t size = file_.text().size();
  if (size < kKeyBytes || (size - kKeyBytes) % sizeof(Entry) != 0) {
    throw artefact_error(cat(file.string(), " has ", size, " bytes; a key has ", kKeyBytes,
                             " and each user ", sizeof(Entry)));
  }
  for (const Entry& entry : entries_in(file_)) {
    if (entry.number >= 1 && entry.number <= last) continue;
    throw artefact_error(cat(file.string(), " has a user with the number ", entry.number,
                             "; the module has 1 to ", last));
  }
}

int64_t UserIds::find(std::string_view id) const {
  const std::string hash = keyed_digest(key_in(file_), id).substr(0, kHashBytes);
  const auto entries = entries_in(file_);
  const auto found = std::ranges::lower_bound(entries, std::string_view(hash), {}, &Entry::key);
  return found != entries.end() && found->key() == hash ? found->number : 0;
}

void write_user_ids(const data::Dataset& dataset, const std::filesystem::path& file) {
  if (dataset.users() > std::numeric_limits<uint32_t>::max() - 1) {
    throw Error(cat("model.member: a bundle knows at most ",
                    std::numeric_limits<uint32_t>::max() - 1, " users by id"));
  }
  const std::string key = keyed_digest(dataset.manifest().sha256, "users");
  const std::vector<int64_t> counts = dataset.train_counts_of_users();
  std::vector<Entry> entries;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    if (counts[static_cast<size_t>(user)] == 0) continue;
    Entry& entry = entries.emplace_back();
    entry.number = static_cast<uint32_t>(user + 1);
    std::memcpy(entry.hash, keyed_digest(key, dataset.user_id(user)).data(), kHashBytes);
  }
  std::ranges::sort(entries, {}, &Entry::key);
  FileWriter writer(file);
  writer.write(key);
  writer.write_values(std::span<const Entry>(entries));
  writer.close();
}

}  // namespace marquee::inference
