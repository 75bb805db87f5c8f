// Which of two interleaved arms members prefer, and how many of them it takes to find out.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "policy/experiment/statistics.h"

namespace marquee::policy {

// A member whose pages two arms filled together: hours watched of the titles of each.
struct Credit {
  std::string user_id;
  std::array<double, 2> hours{};
};

struct Preference {
  std::array<std::string, 2> arms;
  double members = 0;
  // Mean over members of (hours of the second − hours of the first) / (both): from −1 to 1, 0 for a
  // member who watched of neither. Members weigh the same, however much they watch.
  Difference share;
  // Members, of all arms together, with whom this is found at the power wanted; and with whom the
  // difference of a metric between the same two arms is. 0: not known.
  double needed = 0, needed_apart = 0;
  std::string metric;  // that one; "": none is comparable
};

// Without what an experiment that keeps the arms apart needs.
Preference preference(const std::array<std::string, 2>& arms, const std::vector<Credit>& credits,
                      double alpha, double power);

}  // namespace marquee::policy
