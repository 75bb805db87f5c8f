#include "policy/simulation/simulate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/text.h"
#include "core/text_table.h"
#include "core/threads.h"
#include "policy/experiment/assignment.h"
#include "policy/simulation/arm.h"

namespace marquee::policy {

namespace {

namespace fs = std::filesystem;
using configs::SimulationConfig;

// -log2 of each title's share of all watches before, one more than it has.
std::vector<double> novelty_of(const Population& population) {
  std::vector<double> watches(population.pool.titles.size(), 1.0);
  double sum = static_cast<double>(watches.size());
  for (const Person& person : population.people) {
    sum += static_cast<double>(person.watches.size());
    for (const auto& watch : person.watches) watches[static_cast<size_t>(watch.title)] += 1;
  }
  for (double& each : watches) each = -std::log2(each / sum);
  return watches;
}

// Of all watches before, by main genre.
std::vector<int64_t> genres_before(const Population& population) {
  std::vector<int64_t> genres(population.pool.genres.size());
  for (const Person& person : population.people) {
    for (const auto& watch : person.watches) {
      ++genres[static_cast<size_t>(population.pool.title(watch.title).genres.front())];
    }
  }
  return genres;
}

bool interleaves(const SimulationConfig& config) { return !config.interleaving.first.empty(); }

// One behind the arms: those of interleaved pages.
size_t arm_of(const std::string& user_id, const SimulationConfig& config) {
  std::vector<double> shares;
  for (const auto& [name, arm] : config.arms) shares.push_back(arm.share);
  if (interleaves(config)) shares.push_back(config.interleaving.share);
  return assigned_arm(user_id, config.salt, shares);
}

// The days after the first visit at which retention is measured: on the next day, within a week,
// and in the fourth week; those that are within the days of the simulation.
struct Retention {
  const char* column;
  int first, last;
};
std::vector<Retention> retentions(int days) {
  std::vector<Retention> all = {
      {"retained_1", 1, 1}, {"retained_7", 1, 7}, {"retained_28", 22, 28}};
  std::erase_if(all, [&](const Retention& each) { return each.last > days; });
  return all;
}

std::string member_row(const Participant& each, const std::string& arm,
                       const std::vector<Retention>& retained) {
  const Activity& a = each.activity;
  const auto flag = [](bool value) { return value ? "1" : "0"; };
  std::string row = cat(each.user_id, ',', arm, ',', flag(each.newcomer), ',', each.before);
  for (const auto& [column, first, last] : retained) {
    row += cat(',', flag(each.came(first, last)));
  }
  row += cat(',', each.early_visits, ',', each.early_watches, ',', general(each.early_hours, 8));
  return cat(row, ',', each.days, ',', flag(each.cancelled), ',', a.visits, ',', a.watches, ',',
             a.from_pages, ',', a.completed, ',', general(a.hours, 8), ',', general(a.shares, 8),
             ',', a.genres.size(), ',', a.new_watches, ',', a.later_titles, ',', a.changed_titles,
             ',', general(a.novelty, 8), ',', general(each.satisfaction, 6), '\n');
}

void write_members(const fs::path& file, const SimulationReport& report) {
  FileWriter out(file);
  const auto retained = retentions(report.followed_days);
  out.write("user_id,arm,newcomer,before");
  for (const Retention& each : retained) out.write(cat(',', each.column));
  out.write(
      ",visits_7,watches_7,hours_7,days,cancelled,visits,watches,from_pages,completed,hours,shares,"
      "genres,new_watches,later_titles,changed_titles,novelty,satisfaction\n");
  for (const Participant& each : report.members) {
    out.write(member_row(each, report.arms[each.arm], retained));
  }
  out.close();
}

// Half of the sum of the absolute differences of shares: what part of the watches is of other
// genres than before, from 0 to 1.
double genre_shift(const std::vector<int64_t>& now, const std::vector<int64_t>& before) {
  const auto all = [](const std::vector<int64_t>& of) {
    return std::max<double>(1, static_cast<double>(std::reduce(of.begin(), of.end())));
  };
  double sum = 0;
  for (size_t i = 0; i < now.size(); ++i) {
    sum += std::abs(static_cast<double>(now[i]) / all(now) -
                    static_cast<double>(before[i]) / all(before));
  }
  return std::reduce(now.begin(), now.end()) == 0 ? 0 : sum / 2;
}

void write_days(const fs::path& file, const SimulationReport& report) {
  FileWriter out(file);
  out.write("arm,day,members,visits,watches,hours,cancelled,novelty,genre_shift\n");
  for (size_t arm = 0; arm < report.arms.size(); ++arm) {
    for (size_t day = 0; day < report.days[arm].size(); ++day) {
      const ArmDay& of = report.days[arm][day];
      out.write(cat(report.arms[arm], ',', day, ',', of.members, ',', of.visits, ',', of.watches,
                    ',', general(of.hours, 8), ',', of.cancelled, ',', general(of.novelty, 8), ',',
                    general(genre_shift(of.genres, report.genres_before), 6), '\n'));
    }
  }
  out.close();
}

// Of each title that was released, what came of it.
void write_releases(const fs::path& file, const SimulationReport& report) {
  FileWriter out(file);
  out.write("arm,title_id,day,quality,shown,watches,completed\n");
  for (const Release& each : report.releases) {
    out.write(cat(report.arms[each.arm], ',', each.title_id, ',', each.day, ',',
                  general(each.quality, 6), ',', each.shown, ',', each.watches, ',', each.completed,
                  '\n'));
  }
  out.close();
}

void write_interleaved(const fs::path& file, const SimulationReport& report,
                       const configs::InterleavingConfig& config) {
  FileWriter out(file);
  out.write(cat("user_id,", config.first, "_hours,", config.second, "_hours\n"));
  for (const Credit& each : report.interleaved) {
    out.write(
        cat(each.user_id, ',', general(each.hours[0], 8), ',', general(each.hours[1], 8), '\n'));
  }
  out.close();
}

// Worlds, models and policies that have to be made first are made by `marquee experiment`.
void check_ready(const SimulationConfig& config) {
  if (config.world.empty())
    throw Error("simulation.world: name a folder that marquee synth wrote, or a dataset");
  for (const auto& [name, arm] : config.arms) {
    if (!arm.server.empty()) continue;
    if (arm.bundle.empty() || configs::is_configuration(arm.policy)) {
      throw Error(cat("arms.", name,
                      ": a simulation takes bundles and policies that are there; "
                      "marquee experiment makes them from configurations"));
    }
  }
}

// While it lives, a model works on one thread, and several pages are made side by side.
class OneThreadAPage {
 public:
  OneThreadAPage() { set_thread_count(1); }
  ~OneThreadAPage() { set_thread_count(threads_); }
  int threads() const { return threads_; }

 private:
  const int threads_ = thread_count();
};

std::vector<Source> sources_of(const SimulationConfig& config, const Population& population,
                               const fs::path& base) {
  std::vector<Source> sources = {population.source};
  const auto add = [&](const char* kind, const std::string& named) {
    const Manifest manifest = read_manifest(base / named, kind);
    const bool known = std::ranges::any_of(
        sources, [&](const Source& each) { return each.sha256 == manifest.sha256; });
    if (!known) sources.push_back({kind, fs::path(named).filename().string(), manifest.sha256});
  };
  for (const auto& [name, arm] : config.arms) {
    if (arm.server.empty()) add("bundle", arm.bundle);
    if (!arm.policy.empty()) add("policy", arm.policy);
  }
  return sources;
}

// What a policy learned stays; the rest of the service's files goes.
void keep_learned(const fs::path& files) {
  if (fs::exists(files / "state/policy")) fs::rename(files / "state/policy", files / "policy");
  fs::remove_all(files / "state");
}

// Day by day, all arms one after another.
class Days {
 public:
  Days(const SimulationConfig& config, SimulationReport& report)
      : days_(config.enrol_days + config.days),
        report_(report),
        progress_("simulating", days_ * (std::ssize(config.arms) + (interleaves(config) ? 1 : 0)),
                  "days") {}

  std::vector<ArmDay> run(SimulatedArm& arm) {
    arm.load_histories();
    std::vector<ArmDay> series;
    for (int day = 0; day < days_; ++day) {
      series.push_back(arm.run_day(day, side_by_side_.threads()));
      progress_.update(++done_);
    }
    arm.stop();
    report_.pages += arm.pages();
    report_.member_days += arm.member_days();
    return series;
  }

  void finish() { progress_.finish(); }

 private:
  const int days_;
  SimulationReport& report_;
  const OneThreadAPage side_by_side_;
  Progress progress_;
  int64_t done_ = 0;
};

}  // namespace

bool Participant::came(int first, int last) const {
  for (int day = first; day <= last && day < std::ssize(visited); ++day) {
    if (visited[static_cast<size_t>(day)]) return true;
  }
  return false;
}

SimulationReport simulate(const SimulationConfig& config, const fs::path& base,
                          const fs::path& folder) {
  check_ready(config);
  const auto start = std::chrono::steady_clock::now();
  const Population population = make_population(base / config.world, config);
  const std::vector<double> novelty = novelty_of(population);
  SimulationReport report;
  report.followed_days = config.days;
  report.genres_before = genres_before(population);
  report.sources = sources_of(config, population, base);
  Days days(config, report);
  const auto add_members = [&](SimulatedArm& arm, size_t index) {
    for (const Person& person : population.people) {
      if (arm_of(population.user_ids[static_cast<size_t>(person.user)], config) == index)
        arm.add(person, novelty);
    }
  };
  for (const auto& [name, of] : config.arms) {
    const fs::path files = folder / "arms" / name;
    SimulatedArm arm(of, {config, population, base, files});
    add_members(arm, report.arms.size());
    report.days.push_back(days.run(arm));
    std::ranges::move(arm.participants(report.arms.size()), std::back_inserter(report.members));
    std::ranges::move(arm.releases(report.arms.size()), std::back_inserter(report.releases));
    report.arms.push_back(name);
    keep_learned(files);
  }
  if (interleaves(config)) {
    const fs::path files = folder / "interleaved";
    const auto& [first, second, share] = config.interleaving;
    SimulatedArm arm(config.arms.at(first), config.arms.at(second),
                     {config, population, base, files});
    add_members(arm, report.arms.size());
    days.run(arm);
    report.interleaved = arm.credits();
    fs::remove_all(files);
    write_interleaved(folder / "interleaved.csv", report, config.interleaving);
  }
  days.finish();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_members(folder / "members.csv", report);
  write_days(folder / "days.csv", report);
  if (config.releases > 0) write_releases(folder / "releases.csv", report);
  return report;
}

std::string console_table(const SimulationReport& report) {
  const Retention longest = retentions(report.followed_days).back();
  std::vector<std::vector<std::string>> rows = {{"arm", "members", longest.column, "cancelled",
                                                 "visits", "watches", "hours", "satisfaction"}};
  for (size_t arm = 0; arm < report.arms.size(); ++arm) {
    double members = 0, retained = 0, cancelled = 0, visits = 0, watches = 0, hours = 0, happy = 0;
    for (const Participant& each : report.members) {
      if (each.arm != arm) continue;
      members += 1;
      retained += each.came(longest.first, longest.last);
      cancelled += each.cancelled;
      visits += static_cast<double>(each.activity.visits);
      watches += static_cast<double>(each.activity.watches);
      hours += each.activity.hours;
      happy += each.satisfaction;
    }
    if (members == 0) {
      rows.push_back({report.arms[arm], "0"});
      continue;
    }
    rows.push_back(
        {report.arms[arm], grouped(std::lround(members)), fixed(100 * retained / members, 1) + " %",
         fixed(100 * cancelled / members, 1) + " %", fixed(visits / members, 2),
         fixed(watches / members, 2), fixed(hours / members, 2), fixed(happy / members, 3)});
  }
  return text_table(rows) +
         cat(grouped(report.member_days), " member-days, ", grouped(report.pages), " pages in ",
             human_duration(report.seconds), ": ",
             grouped(std::lround(60 * static_cast<double>(report.member_days) / report.seconds)),
             " member-days a minute\n");
}

SimulationReport simulate(const SimulationOptions& options) {
  const SimulationConfig config =
      configs::read_simulation_config(options.config, options.overrides);
  ArtefactWriter writer(options.out, "simulation", options.overwrite);
  SimulationReport report = simulate(config, options.config.parent_path(), writer.folder());
  writer.commit({{"members", report.members.size()},
                 {"arms", report.arms},
                 {"member_days", report.member_days},
                 {"pages", report.pages}},
                report.sources);
  return report;
}

}  // namespace marquee::policy
