// `marquee simulate`: simulated members visit the real service, which shows them pages, keeps what
// they watch, and shows them other pages the next time. Start with member.h for how they behave.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "configs/simulation_config.h"
#include "policy/experiment/preference.h"
#include "policy/simulation/member.h"

namespace marquee::policy {

// A member who took part: who visited within the days of enrolment.
struct Participant {
  std::string user_id;
  size_t arm = 0;
  bool newcomer = false;
  int64_t before = 0;  // watches in the 28 days before
  int days = 0;        // followed, or until they cancelled
  bool cancelled = false;
  std::vector<bool> visited;  // by days since the first visit, which is [0]
  Activity activity;
  int64_t early_visits = 0, early_watches = 0;  // within 7 days of the first visit
  double early_hours = 0;
  double satisfaction = 0;

  // Whether they came in one of these days.
  bool came(int first, int last) const;
};

// What happened to an arm on a day.
struct ArmDay {
  int64_t members = 0, visits = 0, watches = 0, cancelled = 0;
  double hours = 0;
  double novelty = 0;                // of the watches, summed, in bits
  std::vector<int64_t> genres = {};  // watches by main genre
};

// A title that was released, in one arm.
struct Release {
  size_t arm = 0;
  std::string title_id;
  int day = 0;
  double quality = 0;  // true one, a standard normal value
  int64_t shown = 0;   // on pages, wherever it was
  int64_t watches = 0, completed = 0;
};

struct SimulationReport {
  std::vector<Source> sources;  // the world, and each arm's bundle and policy
  std::vector<std::string> arms;
  std::vector<Participant> members;       // by arm, then as in the world
  std::vector<std::vector<ArmDay>> days;  // [arms][days]
  std::vector<int64_t> genres_before;     // all watches before, by main genre
  std::vector<Release> releases;          // by arm, then by day
  std::vector<Credit> interleaved;        // members of interleaved pages, who are in no arm
  int followed_days = 0;
  int64_t member_days = 0, pages = 0;
  double seconds = 0;
};

struct SimulationOptions {
  std::filesystem::path config, out;
  std::vector<std::string> overrides;
  bool overwrite = false;
};

// Writes `out`: members.csv (the units of an experiment), days.csv, exposures/ARM where they are
// wanted, and interleaved.csv where pages were interleaved. Same seed, same members and days,
// whatever the number of threads. Throws Error for a configuration, world, bundle or policy that
// does not fit.
SimulationReport simulate(const SimulationOptions& options);

// The same into a folder that is there. Relative paths are below `base`.
SimulationReport simulate(const configs::SimulationConfig& config,
                          const std::filesystem::path& base, const std::filesystem::path& folder);

std::string console_table(const SimulationReport& report);

}  // namespace marquee::policy
