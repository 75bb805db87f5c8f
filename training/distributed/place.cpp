#include <cstdlib>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/text.h"
#include "data/fields.h"
#include "training/distributed/ranks.h"

namespace marquee::training {

namespace {

std::optional<int64_t> number_in(const char* variable, int64_t low, int64_t high) {
  const char* const text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  const auto value = data::parse_whole(text);
  if (value && *value >= low && *value <= high) return value;
  throw Error(cat("the environment variable ", variable, " is ", in_quotes(text), "; it must be ",
                  low, " to ", high));
}

// The first of them that is set.
std::optional<int64_t> number_in_one(std::initializer_list<const char*> variables, int64_t low,
                                     int64_t high) {
  for (const char* variable : variables) {
    if (const auto number = number_in(variable, low, high)) return number;
  }
  return std::nullopt;
}

constexpr int64_t kMostRanks = 65'536;

}  // namespace

Place Place::from_environment() {
  Place place;
  place.size = number_in_one({"WORLD_SIZE", "OMPI_COMM_WORLD_SIZE"}, 1, kMostRanks).value_or(1);
  if (place.size == 1) return place;
  const auto rank = number_in_one({"RANK", "OMPI_COMM_WORLD_RANK"}, 0, place.size - 1);
  if (!rank) {
    throw Error(cat("WORLD_SIZE is ", place.size, " and RANK is not set: start all processes with ",
                    "torchrun or mpirun, or give each its RANK (docs/scaling.md)"));
  }
  place.rank = *rank;
  place.local_size =
      number_in_one({"LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"}, 1, place.size)
          .value_or(place.size);
  place.local_rank =
      number_in_one({"LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK"}, 0, place.local_size - 1)
          .value_or(place.rank % place.local_size);
  if (const char* address = std::getenv("MASTER_ADDR"); address != nullptr && *address != '\0') {
    place.address = address;
  }
  place.port = static_cast<uint16_t>(
      number_in("MASTER_PORT", 1, std::numeric_limits<uint16_t>::max()).value_or(place.port));
  return place;
}

}  // namespace marquee::training
