// Members who were forgotten, so that files which still hold what they did do not bring it back:
// keyed hashes of their ids, which say nothing to who does not know the id already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::data {

class Tombstones {
 public:
  // Of a file that write() made. Throws Error (artefact) if it is none.
  static Tombstones read(const std::filesystem::path& file);

  // Until when (Unix seconds) what the member did is forgotten; what they do later is not.
  std::optional<int64_t> forgotten_until(std::string_view user_id) const;
  // Ids of the datasets that held the member before.
  std::vector<std::string> held_in(std::string_view user_id) const;

  void add(std::string_view user_id, int64_t until, const std::vector<std::string>& held_in = {});
  void add(const Tombstones& others);

  bool empty() const { return groups_.empty(); }
  int64_t size() const;

  // Replaces the file; for its owner alone to read.
  void write(const std::filesystem::path& file) const;

 private:
  struct Stone {
    int64_t until = 0;
    std::set<std::string> held_in;
  };
  struct Group {
    std::string key;                      // of the hashes
    std::map<std::string, Stone> stones;  // by hash
  };
  static void join(Stone& known, const Stone& other);
  std::vector<Group> groups_;  // those of one file have one key
};

}  // namespace marquee::data
