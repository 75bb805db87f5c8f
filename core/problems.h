// Every problem of a file or a configuration, reported together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace marquee {

// Collects every problem of a file or a configuration, so that a user can fix them together.
// Keeps the first `limit` messages and counts the rest.
class Problems {
 public:
  explicit Problems(size_t limit = 20) : limit_(limit) {}

  void add(std::string message);
  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  const std::vector<std::string>& messages() const { return messages_; }
  void merge(const Problems& other);

  // Throws one Error with all messages, a line each, and `consequence` ("nothing was started").
  void throw_if_any(const std::string& consequence) const;

 private:
  size_t limit_;
  size_t count_ = 0;
  std::vector<std::string> messages_;
};

}  // namespace marquee
