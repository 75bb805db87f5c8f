#include "core/secret.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee {

std::string hex_of(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw system_error("there are no random numbers for keys");
  }
  return bytes;
}

std::string secret_in(const std::filesystem::path& file) {
  constexpr size_t kBytes = 24, kLeast = 16;
  if (std::filesystem::exists(file)) {
    const std::string secret(trim(read_file(file)));
    if (secret.size() < kLeast) {
      throw Error(cat(file.string(), " holds no secret of at least ", kLeast,
                      " characters; remove it to have one made"));
    }
    return secret;
  }
  const std::string secret = hex_of(random_bytes(kBytes));
  const mode_t before = umask(0077);
  write_file_atomically(file, secret + "\n");
  umask(before);
  return secret;
}

std::string keyed_digest(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string keyed_hash(std::string_view key, std::string_view text) {
  return hex_of(keyed_digest(key, text));
}

}  // namespace marquee
