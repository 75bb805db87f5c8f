// What a user can cause is an Error: it says where, what was found and what would be right.
// Bugs are assertions and TORCH_CHECK, never this type.
#pragma once

#include <stdexcept>
#include <string>

namespace marquee {

// Which side is at fault; decides the exit code (docs/cli.md).
enum class ErrorKind {
  kInput,     // the request, the configuration or the data is wrong: exit 2
  kArtefact,  // a dataset, run or bundle is damaged or does not fit: exit 3
  kSystem,    // anything else, such as a full disk: exit 1
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::kInput)
      : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const { return kind_; }
  int exit_code() const;

 private:
  ErrorKind kind_;
};

inline Error artefact_error(const std::string& message) {
  return Error(message, ErrorKind::kArtefact);
}
inline Error system_error(const std::string& message) { return Error(message, ErrorKind::kSystem); }

// "cannot write /x/y: No space left on device (12 GB needed)"; reads errno.
Error errno_error(const std::string& what);

}  // namespace marquee
