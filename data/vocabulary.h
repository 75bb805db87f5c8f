// Strings to dense indices, in order of first appearance: user ids, title ids, names of features.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::data {

// A flat hash table (linear probing, at most half full) over strings kept in one arena: 40 to 72
// bytes and the text for each string. Strings of up to 7 bytes, as most ids are, are kept in the
// table itself, so that a look-up touches one cache line. Not safe to add to from several threads.
class Vocabulary {
 public:
  Vocabulary();

  // The index of `text`, which is appended where it is new. Throws Error past 2^32 - 2 strings.
  uint32_t add(std::string_view text);
  std::optional<uint32_t> find(std::string_view text) const;

  void clear();  // keeps the memory

  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  // The view holds until the next add().
  std::string_view operator[](uint32_t index) const {
    const uint64_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(arena_).substr(begin, ends_[index] - begin);
  }

 private:
  struct Slot {
    uint64_t word;  // the text itself where it is short, else a hash of it
    uint32_t index;
  };
  size_t slot_of(std::string_view text, uint64_t word) const;  // its own or the free one for it
  void grow();

  std::string arena_;
  std::vector<uint64_t> ends_;
  std::vector<Slot> slots_;  // a power of two
};

// All of them, by index; the views hold until the next add().
std::vector<std::string_view> strings_of(const Vocabulary& vocabulary);

}  // namespace marquee::data
