// FNV-1a (Fowler, Noll & Vo): a hash that is the same everywhere and on every run. Not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace marquee {

class Fnv1a {
 public:
  void add(uint64_t value) { hash_ = (hash_ ^ value) * 1'099'511'628'211U; }
  void add(std::string_view text) {
    for (const char c : text) add(uint64_t{static_cast<unsigned char>(c)});
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 14'695'981'039'346'656'037U;
};

}  // namespace marquee
