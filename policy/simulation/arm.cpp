#include "policy/simulation/arm.h"

#include <algorithm>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/synth/tables.h"
#include "policy/simulation/interleaving.h"

namespace marquee::policy {

namespace {

namespace synth = data::synth;

constexpr int64_t kPagesAtOnce = 32;  // in one pass over the model, whatever the number of threads
constexpr size_t kEventsAtOnce = 20'000;
constexpr int64_t kBeforeDays = 28;
constexpr int kEarlyDays = 7;

serving::UserEvent event_of(const Population& population, const Person& person, size_t index) {
  const synth::Watch& watch = person.watches[index];
  const std::string& user = population.user_ids[static_cast<size_t>(person.user)];
  return {.event_id = cat(user, "-before-", index),
          .user_id = user,
          .item = {population.title_id(watch.title), watch.time, watch.event, watch.value}};
}

}  // namespace

SimulatedArm::SimulatedArm(const configs::ArmConfig& arm, const SiteSetting& setting)
    : config_(setting.config),
      population_(setting.population),
      releases_(planned_releases(setting.population)) {
  add_site(arm, setting);
}

SimulatedArm::SimulatedArm(const configs::ArmConfig& first, const configs::ArmConfig& second,
                           const SiteSetting& setting)
    : config_(setting.config),
      population_(setting.population),
      releases_(planned_releases(setting.population)) {
  for (const auto* arm : {&first, &second}) {
    SiteSetting own = setting;
    own.folder /= arm == &first ? "first" : "second";
    add_site(*arm, own);
  }
}

void SimulatedArm::add_site(const configs::ArmConfig& arm, const SiteSetting& setting) {
  sites_.push_back(arm.server.empty() ? make_local_site(arm, setting)
                                      : make_remote_site(arm, setting));
  in_order_ |= arm.diversity.floors_of != "none";
}

// Those of the population, of which nothing has come yet.
std::vector<Release> SimulatedArm::planned_releases(const Population& population) {
  std::vector<Release> releases;
  for (const CatalogueChange& each : population.changes) {
    if (!each.released) continue;
    releases.push_back({.title_id = population.title_id(each.title),
                        .day = each.day,
                        .quality = population.pool.title(each.title).quality});
  }
  return releases;
}

void SimulatedArm::add(const Person& person, const std::vector<double>& novelty) {
  followers_.push_back(
      {Member(population_, person, config_.member, novelty, static_cast<uint64_t>(config_.seed))});
}

void SimulatedArm::load_histories() {
  std::vector<serving::UserEvent> events;
  const auto flush = [&] {
    for (const auto& site : sites_) site->add_history(events);
    events.clear();
  };
  for (const Follower& each : followers_) {
    const Person& person = each.member.person();
    for (size_t i = 0; i < person.watches.size(); ++i)
      events.push_back(event_of(population_, person, i));
    if (events.size() >= kEventsAtOnce) flush();
  }
  flush();
}

// Until they cancel, have been followed to the end, or did not come while members enrolled.
bool SimulatedArm::takes_part(const Follower& follower, int day) const {
  if (follower.left_day >= 0) return false;
  if (follower.first_day < 0) return day < config_.enrol_days;
  return day <= follower.first_day + config_.days;
}

std::vector<SimulatedArm::Visitor> SimulatedArm::visitors_on(int day) {
  std::vector<Visitor> visitors;
  for (Follower& each : followers_) {
    if (!takes_part(each, day)) continue;
    const int64_t time = each.member.visit_time(day);
    if (time < 0) continue;
    if (each.first_day < 0) each.first_day = day;
    each.visited.resize(static_cast<size_t>(day - each.first_day) + 1);
    each.visited.back() = true;
    visitors.push_back({&each, time});
  }
  return visitors;
}

// Their pages in one pass, and what each does with it.
std::vector<Visit> SimulatedArm::serve(int day, std::span<const Visitor> visitors) {
  std::vector<serving::PageCall> calls;
  for (const auto& [who, time] : visitors) {
    serving::PageCall& call = calls.emplace_back();
    const auto& person = who->member.person();
    const auto& user = population_.users[static_cast<size_t>(person.user)];
    call.request.user_id = who->member.id();
    call.request.at = time;
    if (population_.has_regions) {
      call.request.filters.region = synth::kRegions[user.region].name;
    }
    call.shown_ms = time * 1'000;
    call.request_id = cat(who->member.id(), "-day-", day);
  }
  std::vector<std::vector<serving::PageAnswer>> pages;  // [sites][visitors]
  for (const auto& site : sites_) pages.push_back(site->pages(calls));
  std::vector<Visit> visits;
  for (size_t i = 0; i < visitors.size(); ++i) {
    const auto& [who, time] = visitors[i];
    visits.push_back(pages.size() == 1
                         ? who->member.visit(pages[0][i], day, time)
                         : interleaved_visit({&pages[0][i], &pages[1][i]}, visitors[i], day));
  }
  return visits;
}

Visit SimulatedArm::interleaved_visit(const std::array<const serving::PageAnswer*, 2>& pages,
                                      const Visitor& visitor, int day) const {
  const auto& person = visitor.who->member.person();
  RandomStream random(static_cast<uint64_t>(config_.seed), cat("interleaved day ", day),
                      static_cast<uint64_t>(person.user));
  const InterleavedPage made = interleaved(pages, random);
  Visit visit = visitor.who->member.visit(made.page, day, visitor.time);
  for (size_t i = 0; i < visit.events.size(); ++i) {
    if (visit.events[i].request_id.empty()) continue;  // found by searching
    const auto team = made.team.find(visit.events[i].item.title_id);
    if (team != made.team.end()) visitor.who->credit[team->second] += visit.event_hours[i];
  }
  return visit;
}

// Before anybody comes. A model without features of titles cannot show those that come.
void SimulatedArm::change_catalogue(int day) {
  std::vector<CatalogueChange> changes;
  std::ranges::copy_if(population_.changes, std::back_inserter(changes),
                       [&](const CatalogueChange& each) { return each.day == day; });
  for (const auto& site : sites_) {
    const auto error = site->change(changes);
    if (!error) continue;
    if (error->kind() != ErrorKind::kInput) throw *error;
    if (!std::exchange(said_, true))
      log::warn(cat("titles that come are not shown: ", error->what()));
  }
}

void SimulatedArm::count_releases(const std::vector<Visit>& visits) {
  const auto of = [&](int32_t title) -> Release& {
    return releases_[static_cast<size_t>(title - population_.first_release)];
  };
  for (const Visit& visit : visits) {
    for (const int32_t title : visit.released_shown) ++of(title).shown;
    for (const auto& event : visit.events) {
      const int32_t title = population_.title_index(event.item.title_id);
      if (title < population_.first_release) continue;
      ++of(title).watches;
      of(title).completed += event.item.event == data::Event::kComplete;
    }
  }
}

std::vector<Release> SimulatedArm::releases(size_t arm) const {
  std::vector<Release> all = releases_;
  for (Release& each : all) each.arm = arm;
  return all;
}

ArmDay SimulatedArm::run_day(int day, int threads) {
  throw_if_interrupted();
  change_catalogue(day);
  const std::vector<Visitor> visitors = visitors_on(day);
  std::vector<Visit> visits(visitors.size());
  parallel_for(
      std::ssize(visitors), kPagesAtOnce,
      [&](int64_t begin, int64_t end) {
        const auto first = static_cast<size_t>(begin), count = static_cast<size_t>(end - begin);
        auto some = serve(day, std::span(visitors).subspan(first, count));
        std::ranges::move(some, visits.begin() + begin);
      },
      in_order_ ? 1 : threads);
  count_releases(visits);
  ArmDay result;
  result.genres.resize(population_.pool.genres.size());
  std::vector<serving::UserEvent> events;
  for (size_t i = 0; i < visits.size(); ++i) {
    Visit& visit = visits[i];
    Follower& who = *visitors[i].who;
    result.watches += visit.watches;
    result.hours += visit.hours;
    result.novelty += visit.novelty;
    for (const int genre : visit.genres) ++result.genres[static_cast<size_t>(genre)];
    if (day < who.first_day + kEarlyDays) {
      who.early_visits += 1;
      who.early_watches += visit.watches;
      who.early_hours += visit.hours;
    }
    std::ranges::move(visit.events, std::back_inserter(events));
  }
  result.visits = std::ssize(visitors);
  pages_ += std::ssize(visitors);
  const int64_t midnight = population_.start + (day + 1) * synth::kDay;
  for (const auto& site : sites_) {
    site->record(events, midnight);
    site->end_day(midnight);
  }
  for (Follower& each : followers_) {
    if (each.first_day < 0 || !takes_part(each, day)) continue;
    ++result.members;
    if (day == each.first_day + config_.days || !each.member.cancels(day)) continue;
    each.left_day = day;
    ++result.cancelled;
  }
  member_days_ += result.members;
  return result;
}

std::vector<Participant> SimulatedArm::participants(size_t arm) const {
  std::vector<Participant> all;
  for (const Follower& each : followers_) {
    if (each.first_day < 0) continue;
    const Person& person = each.member.person();
    Participant& one = all.emplace_back();
    one.user_id = each.member.id();
    one.arm = arm;
    one.newcomer = person.watches.empty();
    one.before = std::ranges::count_if(person.watches, [&](const synth::Watch& watch) {
      return watch.time >= population_.start - kBeforeDays * synth::kDay;
    });
    one.cancelled = each.left_day >= 0;
    one.days = one.cancelled ? each.left_day - each.first_day : config_.days;
    one.visited = each.visited;
    one.activity = each.member.activity;
    one.early_visits = each.early_visits;
    one.early_watches = each.early_watches;
    one.early_hours = each.early_hours;
    one.satisfaction = each.member.satisfaction();
  }
  return all;
}

std::vector<Credit> SimulatedArm::credits() const {
  std::vector<Credit> all;
  for (const Follower& each : followers_) {
    if (each.first_day >= 0) all.push_back({each.member.id(), each.credit});
  }
  return all;
}

void SimulatedArm::stop() {
  for (const auto& site : sites_) site->stop();
}

}  // namespace marquee::policy
