#include "policy/simulation/arm.h"

#include <algorithm>
#include <future>
#include <limits>

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

serving::ServiceOptions service_options(const configs::ArmConfig& arm,
                                        const configs::SimulationConfig& config,
                                        const std::filesystem::path& base,
                                        const std::filesystem::path& folder) {
  serving::ServiceOptions options;
  options.bundle = base / arm.bundle;
  options.state = folder / "state";
  options.histories = "memory";
  options.page = arm.page;
  options.diversity = arm.diversity;
  if (!arm.policy.empty()) options.policy = base / arm.policy;
  options.queue.workers = 1;
  // All that are needed: which are dropped would depend on the order of threads.
  options.store.recent_pages = std::numeric_limits<int>::max();
  if (config.exposures) options.exposures = folder / "exposures";
  options.exposure.user_ids = "plain";
  return options;
}

serving::UserEvent event_of(const Person& person, size_t index) {
  const synth::Watch& watch = person.watches[index];
  const std::string user = synth::user_id(person.user);
  return {.event_id = cat(user, "-before-", index),
          .user_id = user,
          .item = {synth::title_id(watch.title), watch.time, watch.event, watch.value}};
}

}  // namespace

SimulatedArm::SimulatedArm(const configs::ArmConfig& arm, const Setting& setting)
    : config_(setting.config),
      population_(setting.population),
      releases_(planned_releases(setting.population)) {
  add_service(arm, setting);
}

SimulatedArm::SimulatedArm(const configs::ArmConfig& first, const configs::ArmConfig& second,
                           const Setting& setting)
    : config_(setting.config),
      population_(setting.population),
      releases_(planned_releases(setting.population)) {
  for (const auto* arm : {&first, &second}) {
    Setting own = setting;
    own.folder /= arm == &first ? "first" : "second";
    add_service(*arm, own);
  }
}

// Those of the population, of which nothing has come yet.
std::vector<Release> SimulatedArm::planned_releases(const Population& population) {
  std::vector<Release> releases;
  for (const CatalogueChange& each : population.changes) {
    if (!each.released) continue;
    releases.push_back({.title_id = synth::title_id(each.title),
                        .day = each.day,
                        .quality = population.world.pool.title(each.title).quality});
  }
  return releases;
}

void SimulatedArm::add_service(const configs::ArmConfig& arm, const Setting& setting) {
  std::filesystem::create_directories(setting.folder);
  services_.push_back(std::make_unique<serving::Service>(
      service_options(arm, config_, setting.base, setting.folder)));
  const auto model = services_.back()->models().current();
  const auto& titles = model->bundle.titles();
  for (int64_t i = 1; i <= titles.size(); ++i) {
    const int64_t index = synth::title_index(titles[i].id);
    if (index >= 0 && index < std::ssize(population_.world.pool.titles)) continue;
    throw Error(cat(arm.bundle, ": its title ", in_quotes(titles[i].id),
                    " is none of the simulated world's; train it on the data of that world"));
  }
}

void SimulatedArm::add(const Person& person, const std::vector<double>& novelty) {
  followers_.push_back(
      {Member(population_, person, config_.member, novelty, static_cast<uint64_t>(config_.seed))});
}

void SimulatedArm::record(const std::vector<serving::UserEvent>& events, int64_t received) {
  for (const auto& service : services_) {
    std::promise<std::optional<Error>> done;
    service->record(events, received,
                    [&](const std::optional<Error>& error, int64_t) { done.set_value(error); });
    if (const auto error = done.get_future().get()) throw *error;
  }
}

void SimulatedArm::load_histories() {
  std::vector<serving::UserEvent> events;
  const auto flush = [&] {
    for (const auto& service : services_) {
      std::promise<std::optional<Error>> done;
      service->store().append(events, [&](const auto& error, int64_t) { done.set_value(error); });
      if (const auto error = done.get_future().get()) throw *error;
    }
    events.clear();
  };
  for (const Follower& each : followers_) {
    const Person& person = each.member.person();
    for (size_t i = 0; i < person.watches.size(); ++i) events.push_back(event_of(person, i));
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
    const auto& user = population_.world.users[static_cast<size_t>(person.user)];
    call.request.user_id = who->member.id();
    call.request.at = time;
    call.request.filters.region = synth::kRegions[user.region].name;
    call.shown_ms = time * 1'000;
    call.request_id = cat(who->member.id(), "-day-", day);
  }
  std::vector<std::vector<serving::PageAnswer>> pages;  // [services][visitors]
  for (const auto& service : services_) {
    auto& answers = pages.emplace_back();
    for (auto& page : service->pages(calls)) {
      if (const auto* error = std::get_if<Error>(&page)) throw *error;
      answers.push_back(std::get<serving::PageAnswer>(std::move(page)));
    }
  }
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
  std::vector<std::future<std::optional<Error>>> edits;
  const auto done = [&] {
    auto promise = std::make_shared<std::promise<std::optional<Error>>>();
    edits.push_back(promise->get_future());
    return [promise](const std::optional<Error>& error) { promise->set_value(error); };
  };
  for (const CatalogueChange& each : population_.changes) {
    if (each.day != day) continue;
    for (const auto& service : services_) {
      auto& editor = service->title_editor();
      if (each.released) {
        editor.put(synth::title_record(population_.world.pool, each.title), done());
      } else if (service->models().current()->bundle.titles().find(synth::title_id(each.title))) {
        editor.withdraw(synth::title_id(each.title), done());
      }
    }
  }
  for (auto& edit : edits) {
    const auto error = edit.get();
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
      const auto title = static_cast<int32_t>(synth::title_index(event.item.title_id));
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
      threads);
  count_releases(visits);
  ArmDay result;
  std::vector<serving::UserEvent> events;
  for (size_t i = 0; i < visits.size(); ++i) {
    Visit& visit = visits[i];
    Follower& who = *visitors[i].who;
    result.watches += visit.watches;
    result.hours += visit.hours;
    if (day < who.first_day + kEarlyDays) {
      who.early_visits += 1;
      who.early_watches += visit.watches;
      who.early_hours += visit.hours;
    }
    std::ranges::move(visit.events, std::back_inserter(events));
  }
  result.visits = std::ssize(visitors);
  pages_ += std::ssize(visitors);
  record(events, synth::kSpanEnd + (day + 1) * synth::kDay);
  for (const auto& service : services_) {
    service->learn((synth::kSpanEnd + (day + 1) * synth::kDay) * 1'000);
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
    one.before = std::ranges::count_if(person.watches, [](const synth::Watch& watch) {
      return watch.time >= synth::kSpanEnd - kBeforeDays * synth::kDay;
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
  for (const auto& service : services_) service->stop();
}

}  // namespace marquee::policy
