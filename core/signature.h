// Ed25519 signatures (RFC 8032) through OpenSSL. A hash shows that bytes are intact, a signature
// who signed them. Keys are PEM, as `openssl genpkey -algorithm ed25519` writes them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace marquee {

inline constexpr size_t kSignatureBytes = 64;

// Throws Error if the file cannot be read or holds no Ed25519 private key.
std::string sign(std::string_view text, const std::filesystem::path& private_key);

// The public keys whose signatures are accepted, one after another in a file.
class TrustedKeys {
 public:
  // Throws Error if the file cannot be read, holds no key, or holds one that is not Ed25519.
  explicit TrustedKeys(const std::filesystem::path& file);

  // Whether one of the keys made this signature of this text.
  bool verify(std::string_view text, std::string_view signature) const;

  size_t size() const { return keys_.size(); }

 private:
  std::vector<std::shared_ptr<evp_pkey_st>> keys_;
};

}  // namespace marquee
