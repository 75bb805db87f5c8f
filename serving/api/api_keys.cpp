#include "serving/api/api_keys.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>

#include "core/file.h"
#include "core/problems.h"
#include "core/sha256.h"
#include "core/text.h"
#include "data/fields.h"

namespace marquee::serving {

namespace {

constexpr size_t kMaxKeys = 10'000;

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (const std::string& word : split(line.substr(0, line.find('#')), ' ')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  return words;
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

ApiKeys::ApiKeys(const std::filesystem::path& file) {
  Problems problems;
  int number = 0;
  for (const std::string& line : split(read_file(file), '\n')) {
    const std::string where = cat(file.string(), ":", ++number, ": ");
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (words.size() < 2 || words.size() > 3 || !is_hash(words[1])) {
      problems.add(where + "must be NAME SHA256 [REQUESTS_PER_SECOND], the hash 64 hex digits");
      continue;
    }
    auto key = std::make_unique<Key>();
    key->name = words[0];
    key->hash = words[1];
    if (words.size() == 3) {
      const auto rate = data::parse_number(words[2]);
      if (!rate || *rate <= 0) {
        problems.add(cat(where, in_quotes(words[2]), " must be a number above 0"));
        continue;
      }
      key->rate = *rate;
    }
    keys_.push_back(std::move(key));
  }
  if (keys_.empty() && problems.empty()) problems.add(file.string() + ": there is no key in it");
  if (keys_.size() > kMaxKeys) problems.add(cat(file.string(), ": more than ", kMaxKeys, " keys"));
  problems.throw_if_any("nothing was started");
}

ApiKeys::Decision ApiKeys::check(std::string_view authorization,
                                 std::chrono::steady_clock::time_point now) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.starts_with(kBearer)) return {.status = 401, .name = ""};
  const std::string hash = sha256_hex(trim(authorization.substr(kBearer.size())));
  for (const auto& key : keys_) {
    if (CRYPTO_memcmp(key->hash.data(), hash.data(), hash.size()) != 0) continue;
    if (key->rate == 0) return {.status = 200, .name = key->name};
    const std::lock_guard lock(key->mutex);
    const double most = std::max(1.0, key->rate);
    const bool first = key->filled == std::chrono::steady_clock::time_point();
    const double passed = std::chrono::duration<double>(now - key->filled).count();
    key->left = first ? most : std::min(most, key->left + std::max(0.0, passed) * key->rate);
    key->filled = std::max(key->filled, now);
    if (key->left < 1) {
      return {.status = 429,
              .name = key->name,
              .retry_after = static_cast<int>(std::ceil((1 - key->left) / key->rate))};
    }
    key->left -= 1;
    return {.status = 200, .name = key->name};
  }
  return {.status = 401, .name = ""};
}

}  // namespace marquee::serving
