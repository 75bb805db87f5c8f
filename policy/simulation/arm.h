// One arm of a simulation: a service of its own, and the members who were given to it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "policy/simulation/simulate.h"
#include "serving/service.h"

namespace marquee::policy {

class SimulatedArm {
 public:
  // The folder gets the service's files. Throws Error as Service does, and for a bundle with titles
  // that the world does not have.
  SimulatedArm(const configs::ArmConfig& arm, const configs::SimulationConfig& config,
               const Population& population, const std::filesystem::path& base,
               const std::filesystem::path& folder);

  void add(const Person& person, const std::vector<double>& novelty);

  // Gives the service what members watched before. Call once, after the last add().
  void load_histories();

  ArmDay run_day(int day, int threads);

  // Of all who took part, with its number.
  std::vector<Participant> participants(size_t arm) const;

  void stop();
  int64_t pages() const { return pages_; }
  int64_t member_days() const { return member_days_; }

 private:
  struct Follower {
    Member member;
    int first_day = -1;  // -1: has not come yet
    int left_day = -1;   // -1: has not cancelled
    std::vector<bool> visited = {};
  };
  struct Visitor {
    Follower* who;
    int64_t time;
  };

  bool takes_part(const Follower& follower, int day) const;
  std::vector<Visitor> visitors_on(int day);
  std::vector<Visit> serve(int day, std::span<const Visitor> visitors);
  void record(std::vector<serving::UserEvent> events, int64_t received);

  const configs::SimulationConfig& config_;
  const Population& population_;
  serving::Service service_;
  std::vector<Follower> followers_;
  int64_t pages_ = 0, member_days_ = 0;
};

}  // namespace marquee::policy
