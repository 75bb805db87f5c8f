#include "training/tensorboard.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace marquee::training {

namespace fs = std::filesystem;

namespace {

// CRC-32C (Castagnoli), reflected, by table.
uint32_t crc32c(const std::string& bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> made{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78U : 0);
      made[i] = crc;
    }
    return made;
  }();
  uint32_t crc = ~0U;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

uint32_t masked_crc(const std::string& bytes) {
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

template <typename T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

// Protobuf fields: the key is number << 3 | wire type.
std::string number_field(int field, int64_t value) {
  return varint(static_cast<uint64_t>(field) << 3) + varint(static_cast<uint64_t>(value));
}
std::string double_field(int field, double value) {
  return varint(static_cast<uint64_t>(field) << 3 | 1) + little_endian(value);
}
std::string float_field(int field, float value) {
  return varint(static_cast<uint64_t>(field) << 3 | 5) + little_endian(value);
}
std::string bytes_field(int field, const std::string& value) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(value.size()) + value;
}

std::string wall_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return double_field(1, std::chrono::duration<double>(now).count());
}

fs::path next_file(const fs::path& folder) {
  fs::create_directories(folder);
  for (int number = 0;; ++number) {
    char name[64];
    std::snprintf(name, sizeof name, "events.out.tfevents.%010d.marquee", number);
    if (!fs::exists(folder / name)) return folder / name;
  }
}

}  // namespace

TensorBoardWriter::TensorBoardWriter(const fs::path& folder) : file_(next_file(folder)) {
  event(wall_time() + bytes_field(3, "brain.Event:2"));
}

void TensorBoardWriter::scalar(const std::string& tag, int64_t step, double value) {
  const std::string item = bytes_field(1, tag) + float_field(2, static_cast<float>(value));
  event(wall_time() + number_field(2, step) + bytes_field(5, bytes_field(1, item)));
}

void TensorBoardWriter::event(const std::string& message) {
  const std::string length = little_endian(static_cast<uint64_t>(message.size()));
  file_.write(length + little_endian(masked_crc(length)) + message +
              little_endian(masked_crc(message)));
}

}  // namespace marquee::training
