// Secrets that stay on this machine, and hashes that only who has the secret can make.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace marquee {

// What the file holds, which is made with 48 random hexadecimal digits and rights for its owner
// alone where it is missing. Throws Error if it holds fewer than 16 characters.
std::string secret_in(const std::filesystem::path& file);

// Random bytes for keys. Throws Error (system) if there are none.
std::string random_bytes(size_t count);

std::string hex_of(std::string_view bytes);  // lower case

// HMAC-SHA256: 32 bytes, and as 64 hexadecimal digits.
std::string keyed_digest(std::string_view key, std::string_view text);
std::string keyed_hash(std::string_view key, std::string_view text);

}  // namespace marquee
