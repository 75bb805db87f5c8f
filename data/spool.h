// Input that cannot be mapped as it is, standard input and what is unpacked, goes to a file first.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/file.h"

namespace marquee::data {

// A file without a name, gone with the process. Throws Error of kind system, naming the folder: "No
// space left on device".
class Spool {
 public:
  explicit Spool(std::filesystem::path folder);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void write(std::string_view text);
  MappedFile map() const;  // what was written; may outlive the spool

 private:
  std::filesystem::path folder_;
  int fd_;
};

// All of standard input. Throws Interrupted.
MappedFile spooled_standard_input(const std::filesystem::path& folder);

}  // namespace marquee::data
