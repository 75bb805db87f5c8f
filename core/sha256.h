// SHA-256 (FIPS 180-4) through OpenSSL, which uses the processor's SHA instructions.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace marquee {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(const void* data, size_t size);
  std::string hex_digest();  // 64 lower-case digits; ends the computation

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view data);
std::string sha256_file(const std::filesystem::path& file);  // throws Error if it cannot be read

}  // namespace marquee
