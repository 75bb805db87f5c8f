// One arm of a simulation: a site of its own, and the members who were given to it. Or two sites,
// whose pages are interleaved for them.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policy/experiment/preference.h"
#include "policy/simulation/simulate.h"
#include "policy/simulation/site.h"

namespace marquee::policy {

class SimulatedArm {
 public:
  // Throws Error as make_local_site() and make_remote_site().
  SimulatedArm(const configs::ArmConfig& arm, const SiteSetting& setting);
  SimulatedArm(const configs::ArmConfig& first, const configs::ArmConfig& second,
               const SiteSetting& setting);

  void add(const Person& person, const std::vector<double>& novelty);

  // Gives the sites what members watched before. Call once, after the last add().
  void load_histories();

  ArmDay run_day(int day, int threads);

  // Of all who took part, with its number.
  std::vector<Participant> participants(size_t arm) const;

  // Of titles that came, with the arm's number.
  std::vector<Release> releases(size_t arm) const;

  // Of interleaved pages: whose titles those who took part watched for how long.
  std::vector<Credit> credits() const;

  void stop();
  int64_t pages() const { return pages_; }
  int64_t member_days() const { return member_days_; }

 private:
  struct Follower {
    Member member;
    int first_day = -1;  // -1: has not come yet
    int left_day = -1;   // -1: has not cancelled
    std::vector<bool> visited = {};
    int64_t early_visits = 0, early_watches = 0;
    double early_hours = 0;
    std::array<double, 2> credit = {};  // hours of each site's titles, where there are two
  };
  struct Visitor {
    Follower* who;
    int64_t time;
  };

  void add_site(const configs::ArmConfig& arm, const SiteSetting& setting);
  static std::vector<Release> planned_releases(const Population& population);
  void change_catalogue(int day);
  void count_releases(const std::vector<Visit>& visits);
  bool takes_part(const Follower& follower, int day) const;
  std::vector<Visitor> visitors_on(int day);
  std::vector<Visit> serve(int day, std::span<const Visitor> visitors);
  Visit interleaved_visit(const std::array<const serving::PageAnswer*, 2>& pages,
                          const Visitor& visitor, int day) const;

  const configs::SimulationConfig& config_;
  const Population& population_;
  std::vector<std::unique_ptr<Site>> sites_;  // one, or two that fill pages together
  bool in_order_ = false;  // what a page shows depends on the pages before it: one at a time
  std::vector<Follower> followers_;
  std::vector<Release> releases_;  // all of the population's, in their order
  bool said_ = false;              // that titles that come are not shown
  int64_t pages_ = 0, member_days_ = 0;
};

}  // namespace marquee::policy
