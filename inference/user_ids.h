// The users that a model knows by id, users.bin of a bundle: keyed hashes of their ids, which say
// nothing to who does not know the id already. A key of 32 bytes, then entries of 20 bytes in the
// order of the hashes: the first 16 bytes of HMAC-SHA256(key, id) and the user's number in the
// module, uint32.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/file.h"
#include "data/dataset.h"

namespace marquee::inference {

class UserIds {
 public:
  // Throws Error (artefact): the file has another size than entries have, or a number that is not
  // 1 to `last`, that of the last user.
  UserIds(const std::filesystem::path& file, int64_t last);

  // The number of the user with this id; 0: unknown. Safe to call from several threads.
  int64_t find(std::string_view id) const;

 private:
  MappedFile file_;
};

// Writes the users of the dataset that have train events; their numbers are 1 and up in its order.
// The key is made from the dataset's hash, so that the file depends on the dataset alone.
void write_user_ids(const data::Dataset& dataset, const std::filesystem::path& file);

}  // namespace marquee::inference
