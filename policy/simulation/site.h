// The service that members of an arm use: one in this process, or a server.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/simulation/population.h"
#include "serving/service.h"

namespace marquee::policy {

class Site {
 public:
  virtual ~Site() = default;

  // One a call, in order. Safe to call from several threads. Throws Error where a page cannot be
  // made, or has a title that the world does not have.
  virtual std::vector<serving::PageAnswer> pages(std::vector<serving::PageCall> calls) = 0;

  // What members watched before they are simulated: nothing is learned from it.
  virtual void add_history(const std::vector<serving::UserEvent>& events) = 0;
  // `received`: Unix seconds.
  virtual void record(const std::vector<serving::UserEvent>& events, int64_t received) = 0;
  virtual void end_day(int64_t now) = 0;  // Unix seconds

  // Titles that come and go. What cannot be done is said: why.
  virtual std::optional<Error> change(const std::vector<CatalogueChange>& changes) = 0;

  virtual void stop() = 0;
};

// What a site is made for; all of it must outlive the site.
struct SiteSetting {
  const configs::SimulationConfig& config;
  const Population& population;
  std::filesystem::path base;    // relative paths are below it
  std::filesystem::path folder;  // gets a service's files
};

// Throws Error as Service does, and for a bundle with titles that the world does not have.
std::unique_ptr<Site> make_local_site(const configs::ArmConfig& arm, const SiteSetting& setting);

// arm.server; throws Error if it does not answer.
std::unique_ptr<Site> make_remote_site(const configs::ArmConfig& arm, const SiteSetting& setting);

}  // namespace marquee::policy
