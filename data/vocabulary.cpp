#include "data/vocabulary.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace marquee::data {

namespace {

constexpr uint32_t kFree = UINT32_MAX;
constexpr size_t kFirstSlots = 1024;

constexpr size_t kShort = 7;
constexpr uint64_t kLongMark = uint64_t{0xFF} << 56;

template <typename Word>
uint64_t load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Folds the 128-bit product, as wyhash does: every input bit reaches every output bit.
uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Up to 7 bytes and, on top, how many they are: different texts, different words.
uint64_t short_word(std::string_view text) {
  const size_t size = text.size();
  const char* at = text.data();
  uint64_t word = static_cast<uint64_t>(size) << 56;
  if (size >= 4) {
    word |= load<uint32_t>(at) | load<uint32_t>(at + size - 4) << (8 * (size - 4));
  } else {
    for (size_t i = 0; i < size; ++i) word |= load<uint8_t>(at + i) << (8 * i);
  }
  return word;
}

uint64_t long_word(std::string_view text) {
  static constexpr uint64_t kFactor = 0xe7037ed1a0b428db;
  uint64_t state = text.size();
  const char* last = text.data() + text.size() - 8;
  for (const char* at = text.data(); at < last; at += 8) {
    state = mix(load<uint64_t>(at) ^ state, kFactor);
  }
  return mix(load<uint64_t>(last) ^ state, kFactor) | kLongMark;
}

uint64_t word_of(std::string_view text) {
  return text.size() <= kShort ? short_word(text) : long_word(text);
}

size_t first_slot(uint64_t word) { return mix(word, 0xa0761d6478bd642f); }

}  // namespace

Vocabulary::Vocabulary() : slots_(kFirstSlots, Slot{0, kFree}) {}

size_t Vocabulary::slot_of(std::string_view text, uint64_t word) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = first_slot(word) & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.index == kFree) return at;
    if (slot.word == word && (text.size() <= kShort || (*this)[slot.index] == text)) return at;
  }
}

uint32_t Vocabulary::add(std::string_view text) {
  const uint64_t word = word_of(text);
  size_t at = slot_of(text, word);
  if (slots_[at].index != kFree) return slots_[at].index;
  if (size() == kFree) throw Error("more than 4,294,967,295 different ids; split the input");
  if (2 * (ends_.size() + 1) > slots_.size()) {
    grow();
    at = slot_of(text, word);
  }
  slots_[at] = {word, size()};
  arena_ += text;
  ends_.push_back(arena_.size());
  return size() - 1;
}

std::optional<uint32_t> Vocabulary::find(std::string_view text) const {
  const Slot& slot = slots_[slot_of(text, word_of(text))];
  if (slot.index == kFree) return std::nullopt;
  return slot.index;
}

void Vocabulary::clear() {
  arena_.clear();
  ends_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot{0, kFree});
}

void Vocabulary::grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(2 * old.size(), Slot{0, kFree});
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.index == kFree) continue;
    size_t at = first_slot(slot.word) & mask;
    while (slots_[at].index != kFree) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

std::vector<std::string_view> strings_of(const Vocabulary& vocabulary) {
  std::vector<std::string_view> strings(vocabulary.size());
  for (uint32_t i = 0; i < vocabulary.size(); ++i) strings[i] = vocabulary[i];
  return strings;
}

}  // namespace marquee::data
