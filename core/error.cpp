#include "core/error.h"

#include <cerrno>
#include <cstring>

namespace marquee {

int Error::exit_code() const {
  switch (kind_) {
    case ErrorKind::kInput:
      return 2;
    case ErrorKind::kArtefact:
      return 3;
    case ErrorKind::kSystem:
      return 1;
  }
  return 1;
}

Error errno_error(const std::string& what) {
  const int code = errno;
  return system_error(what + ": " + std::strerror(code));
}

}  // namespace marquee
