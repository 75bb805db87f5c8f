// Who may send requests, and how many: keys of clients, of which the server only knows the hashes.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::serving {

// Safe to use from several threads.
class ApiKeys {
 public:
  // One key a line: NAME SHA256 [REQUESTS_PER_SECOND], without blank lines and what follows #.
  // Throws one Error with every line that is wrong.
  explicit ApiKeys(const std::filesystem::path& file);

  struct Decision {
    int status = 200;     // 401: no key or an unknown one; 429: too many requests
    std::string name;     // of the key
    int retry_after = 1;  // seconds, with 429
  };
  // `authorization` is the value of that field: "Bearer KEY". Counts the request.
  Decision check(std::string_view authorization, std::chrono::steady_clock::time_point now) const;

  size_t size() const { return keys_.size(); }

 private:
  // A bucket of a second's requests that fills at the key's rate.
  struct Key {
    std::string name, hash;
    double rate = 0;           // 0: no limit
    mutable std::mutex mutex;  // guards what follows
    mutable double left = 0;
    mutable std::chrono::steady_clock::time_point filled = {};
  };
  std::vector<std::unique_ptr<const Key>> keys_;
};

}  // namespace marquee::serving
