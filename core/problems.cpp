#include "core/problems.h"

#include "core/error.h"

namespace marquee {

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
