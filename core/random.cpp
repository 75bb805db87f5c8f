#include "core/random.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <random>

namespace marquee {

namespace {
uint64_t split_mix(uint64_t& state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}
}  // namespace

RandomStream::RandomStream(uint64_t seed, std::string_view name, uint64_t index) {
  uint64_t mix = seed;
  for (const char c : name) mix = split_mix(mix) ^ static_cast<unsigned char>(c);
  mix = split_mix(mix) ^ index;
  for (auto& word : state_) word = split_mix(mix);
}

uint64_t RandomStream::next() {
  auto& s = state_;
  const uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

uint64_t RandomStream::below(uint64_t bound) {
  // Lemire 2019: one multiplication, rejection only in the biased sliver.
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(next()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) {
      product = static_cast<Wide>(next()) * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

double RandomStream::normal() {
  // Box-Muller without a kept second value: a stream's state is its four words and nothing else.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double RandomStream::exponential() { return -std::log(1.0 - uniform()); }

RandomStream secret_stream() {
  std::random_device device;
  RandomStream::State state;
  for (auto& word : state) word = (static_cast<uint64_t>(device()) << 32) | device();
  RandomStream stream(0, "secret");
  stream.set_state(state);
  return stream;
}

}  // namespace marquee
