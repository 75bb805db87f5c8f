#include "policy/simulation/member.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/text.h"
#include "data/synth/reaction.h"
#include "data/synth/tables.h"

namespace marquee::policy {

namespace {

namespace synth = data::synth;

constexpr int kMostPassed = 5;
constexpr int kSearched = 10;  // titles that a search finds
constexpr double kCompleted = 0.95, kBrokenOff = 0.5;
constexpr int kIdleDays = 28;
constexpr double kMinutesAnHour = 60;

bool on_weekend(int64_t time) {
  const int64_t since_1970 = time / synth::kDay;
  const int64_t weekday = (since_1970 + 3) % 7;  // 1970 began on a Thursday; 0 is Monday
  return weekday >= 4;
}

}  // namespace

Member::Member(const Population& population, const Person& person,
               const configs::MemberConfig& config, const std::vector<double>& novelty,
               uint64_t seed)
    : population_(population),
      person_(person),
      config_(config),
      novelty_(novelty),
      id_(population.user_ids[static_cast<size_t>(person.user)]),
      random_(seed, "simulated", static_cast<uint64_t>(person.user)),
      sameness_(population.pool.genres.size()) {
  for (const auto& watch : person.watches) seen_.insert(watch.title);
}

int64_t Member::visit_time(int day) {
  const configs::VisitConfig& visits = config_.visits;
  const int64_t midnight = population_.start + day * synth::kDay;
  const double rate = person_.visits_a_day * (on_weekend(midnight) ? visits.weekend : 1) *
                      std::exp(visits.satisfaction * (satisfaction_ - 0.5));
  // Both are drawn every day, so that a visit more does not change which numbers come later.
  const bool comes = random_.uniform() < 1 - std::exp(-rate);
  const double hour = std::clamp(visits.hour + visits.hour_spread * random_.normal(), 0.0, 23.5);
  if (!comes) return -1;
  return midnight + static_cast<int64_t>(hour * synth::kHour);
}

void Member::fade_sameness(int day) {
  const double kept = std::exp(-(day - sameness_day_) / config_.mood.sameness_days);
  for (double& each : sameness_) each *= kept;
  sameness_day_ = day;
}

// How much the title attracts, before it is watched; leaving is 0.
double Member::utility(int32_t title) const {
  const configs::ChoiceConfig& choice = config_.choice;
  const synth::SynthTitle& of = population_.pool.title(title);
  const double match = synth::dot(person_.taste, of.taste);
  const auto passed = passed_.find(title);
  return choice.taste * (match - choice.threshold) + choice.quality * of.quality -
         choice.sameness * sameness_[static_cast<size_t>(of.genres.front())] -
         choice.passed * (passed == passed_.end() ? 0 : passed->second);
}

// Row by row and title by title, until patience ends.
std::vector<Member::Looked> Member::look_at(const serving::PageAnswer& page, int day) {
  fade_sameness(day);
  const configs::BrowsingConfig& browsing = config_.browsing;
  const double next_row =
      std::clamp(browsing.next_row + browsing.trust * (trust_ - 0.5), 0.0, 0.99);
  std::vector<Looked> looked;
  for (const serving::PageRow& row : page.rows) {
    for (const auto& item : row.items) {
      const int32_t title = population_.title_index(item.title_id);
      looked.push_back({title, utility(title)});
      if (random_.uniform() >= browsing.next_title) break;
    }
    if (random_.uniform() >= next_row) break;
  }
  return looked;
}

// By softmax, or nothing: -1.
int32_t Member::choose(std::vector<Looked>& looked) {
  double sum = 1;  // leaving
  for (const Looked& each : looked) sum += std::exp(each.utility);
  double drawn = random_.uniform() * sum;
  for (size_t i = 0; i < looked.size(); ++i) {
    drawn -= std::exp(looked[i].utility);
    if (drawn >= 0) continue;
    const int32_t title = looked[i].title;
    looked.erase(looked.begin() + static_cast<std::ptrdiff_t>(i));
    return title;
  }
  return -1;
}

// The best of a few popular titles of a genre they like; -1: none is new to them.
int32_t Member::search(int64_t time) {
  const auto& user = population_.users[static_cast<size_t>(person_.user)];
  const int genre = user.genres[random_.below(user.genres.size())];
  const synth::AliasTable& shelf = population_.shelves[static_cast<size_t>(genre)];
  int32_t best = -1;
  for (int i = 0; i < kSearched && !shelf.empty(); ++i) {
    const int32_t title = shelf.draw(random_);
    const bool on = population_.pool.title(title).watchable(time, user.region);
    if (!on || seen_.contains(title)) continue;
    if (best < 0 || utility(title) > utility(best)) best = title;
  }
  return best;
}

// Returns the share that was watched.
double Member::watch(int32_t title, int64_t& time, const std::string& request, Visit& visit) {
  const auto& user = population_.users[static_cast<size_t>(person_.user)];
  const synth::SynthTitle& of = population_.pool.title(title);
  synth::Reaction reaction = synth::react(user, person_.taste, of, random_);
  if (reaction.event == data::Event::kList) reaction = {.value = 0.03F, .fraction = 0.03};
  serving::UserEvent event;
  event.event_id = cat(id_, "-", events_++);
  event.user_id = id_;
  event.request_id = request;
  event.item = {population_.title_id(title), time, reaction.event, reaction.value};
  visit.events.push_back(std::move(event));

  const double hours = reaction.fraction * of.minutes / kMinutesAnHour;
  time += static_cast<int64_t>(hours * synth::kHour) + synth::kMinute;
  visit.hours += hours;
  visit.event_hours.push_back(hours);
  ++visit.watches;
  visit.novelty += novelty_[static_cast<size_t>(title)];
  visit.genres.push_back(of.genres.front());
  seen_.insert(title);
  sameness_[static_cast<size_t>(of.genres.front())] += 1;
  activity.watches += 1;
  activity.from_pages += !request.empty();
  activity.completed += reaction.fraction >= kCompleted;
  activity.hours += hours;
  activity.shares += reaction.fraction;
  activity.novelty += novelty_[static_cast<size_t>(title)];
  activity.genres.insert(of.genres.front());
  activity.new_watches += title >= population_.first_release;
  return reaction.fraction;
}

// Ascending, each once: a row can repeat a title of another.
std::vector<int32_t> Member::titles_on(const serving::PageAnswer& page) const {
  std::vector<int32_t> titles;
  for (const serving::PageRow& row : page.rows) {
    for (const auto& item : row.items) titles.push_back(population_.title_index(item.title_id));
  }
  std::ranges::sort(titles);
  const auto rest = std::ranges::unique(titles);
  titles.erase(rest.begin(), rest.end());
  return titles;
}

void Member::compare_with_last(std::vector<int32_t> titles) {
  if (activity.visits > 0) {
    std::vector<int32_t> changed;
    std::ranges::set_difference(titles, last_page_, std::back_inserter(changed));
    activity.later_titles += std::ssize(titles);
    activity.changed_titles += std::ssize(changed);
  }
  last_page_ = std::move(titles);
}

Visit Member::visit(const serving::PageAnswer& page, int day, int64_t time) {
  Visit visit;
  std::vector<int32_t> shown = titles_on(page);
  visit.released_shown.assign(std::ranges::lower_bound(shown, population_.first_release),
                              shown.end());
  compare_with_last(std::move(shown));
  double shares = 0;  // of titles, watched
  std::vector<Looked> looked = look_at(page, day);
  for (int32_t title = choose(looked); title >= 0; title = choose(looked)) {
    const double share = watch(title, time, page.request_id, visit);
    shares += share;
    if (share >= kCompleted) trust_ = std::min(1.0, trust_ + config_.mood.trust_gained);
    if (share < kBrokenOff) trust_ = std::max(0.0, trust_ - config_.mood.trust_lost);
    if (random_.uniform() >= config_.choice.another) break;
  }
  for (const Looked& each : looked) {
    int& passed = passed_[each.title];
    passed = std::min(kMostPassed, passed + 1);
  }
  if (visit.watches == 0 && random_.uniform() < config_.browsing.search) {
    const int32_t title = search(time);
    if (title >= 0) shares += watch(title, time, "", visit);
  }
  const double of_visit =
      visit.watches == 0 ? config_.mood.nothing_found : shares / static_cast<double>(visit.watches);
  satisfaction_ = config_.mood.memory * satisfaction_ + (1 - config_.mood.memory) * of_visit;
  activity.visits += 1;
  last_visit_ = day;
  return visit;
}

bool Member::cancels(int day) {
  const configs::LeavingConfig& leaving = config_.leaving;
  const double idle = std::min(day - last_visit_, kIdleDays) / static_cast<double>(kIdleDays);
  const double hazard = leaving.a_day * (1 + leaving.idle * idle) *
                        std::exp(-leaving.satisfaction * (satisfaction_ - 0.5));
  return random_.uniform() < hazard;
}

}  // namespace marquee::policy
