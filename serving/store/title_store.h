// Titles that were added, changed or withdrawn while serving, kept on disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "inference/title_edits.h"
#include "serving/store/database.h"

namespace marquee::serving {

// Used by one thread at a time.
class TitleStore {
 public:
  // Throws Error if the file cannot be opened or is not such a store.
  explicit TitleStore(const std::filesystem::path& file);

  inference::TitleEdits edits() const;
  // Of a file that a server may be writing. Throws Error as above.
  static inference::TitleEdits edits_in(const std::filesystem::path& file);

  // On disk when they return. The last edit of a title replaces earlier ones. Throw Error (system)
  // if it cannot be written.
  void put(const data::TitleRecord& title);
  void withdraw(const std::string& title_id);

  size_t size() const;

 private:
  void write(const std::string& title_id, const std::string& content);

  const std::string file_;
  Database database_;
};

}  // namespace marquee::serving
