// The ids under which a log of what was shown knows users and events: as they are, or as hashes
// with a key that stays in the log's folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace marquee::serving {

// With the key of the folder, which is made where it is missing; "": as it is.
class KeyedIds {
 public:
  explicit KeyedIds(const std::string& key) : key_(key) {}
  static KeyedIds of(const std::filesystem::path& folder, const std::string& user_ids);

  std::string operator()(const std::string& id) const;

 private:
  std::string key_;
};

// Under which ids lines of the user may be in the log of a folder, whatever it was configured to
// when they were written.
std::vector<std::string> ids_in_log(const std::filesystem::path& folder,
                                    const std::string& user_id);

// What lines of users with these ids contain: "user":"...".
std::vector<std::string> marks_of(const std::vector<std::string>& ids);

}  // namespace marquee::serving
