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

void Problems::add(std::string message) {
  if (messages_.size() < limit_) messages_.push_back(std::move(message));
  ++count_;
}

void Problems::merge(const Problems& other) {
  for (const auto& message : other.messages_) add(message);
  count_ += other.count_ - other.messages_.size();
}

void Problems::throw_if_any(const std::string& consequence) const {
  if (empty()) return;
  std::string text;
  for (const auto& message : messages_) text += message + "\n";
  if (count_ > messages_.size()) {
    text += "... and " + std::to_string(count_ - messages_.size()) + " more\n";
  }
  text += std::to_string(count_) + (count_ == 1 ? " problem; " : " problems; ") + consequence;
  throw Error(text);
}

}  // namespace marquee
