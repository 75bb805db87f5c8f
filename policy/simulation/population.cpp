#include "policy/simulation/population.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/synth/tables.h"
#include "data/synth/world.h"

namespace marquee::policy {

namespace {

namespace synth = data::synth;
namespace fs = std::filesystem;

// How much somebody watched for each day on the service, as a logarithm.
double log_activity(const synth::SynthUser& user) {
  const double days = std::max(1.0, static_cast<double>(user.left - user.joined) / synth::kDay);
  return std::log(static_cast<double>(std::max<int64_t>(1, user.events)) / days);
}

// Those who watched more visit more often; `spread` says how much.
void set_visits(const std::vector<synth::SynthUser>& users, const configs::VisitConfig& config,
                std::vector<Person>& people) {
  double sum = 0, squares = 0;
  for (const Person& person : people) {
    const double value = log_activity(users[static_cast<size_t>(person.user)]);
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(people.size());
  const double mean = sum / n, deviation = std::sqrt(std::max(1e-12, squares / n - mean * mean));
  double total = 0;
  for (Person& person : people) {
    const auto& user = users[static_cast<size_t>(person.user)];
    person.visits_a_day = std::exp(config.spread * (log_activity(user) - mean) / deviation);
    total += person.visits_a_day;
  }
  for (Person& person : people) person.visits_a_day *= config.a_day * n / total;
}

void give_title_ids(Population& population) {
  for (auto i = std::ssize(population.title_ids); i < std::ssize(population.pool.titles); ++i) {
    population.title_ids.push_back(synth::title_id(i));
    population.title_indices[population.title_ids.back()] = static_cast<int32_t>(i);
  }
}

// Titles to come are part of the world from now on; titles that go are those of the world whose
// turn it is in a random order.
void plan_catalogue(Population& population, const configs::SimulationConfig& config) {
  auto& pool = population.pool;
  const auto before = static_cast<int32_t>(pool.titles.size());
  const int days = config.enrol_days + config.days;
  population.first_release = before;
  const auto seed = static_cast<uint64_t>(config.seed);
  if (config.releases > 0) {
    synth::add_upcoming_titles(pool, config.releases, days, seed);
    give_title_ids(population);
  }
  for (int32_t title = before; std::cmp_less(title, pool.titles.size()); ++title) {
    const int64_t day = (pool.title(title).available_from - synth::kSpanEnd) / synth::kDay;
    population.changes.push_back({title, static_cast<int>(day), true});
  }
  std::vector<int32_t> order(static_cast<size_t>(before - 1));  // the first is always there
  std::iota(order.begin(), order.end(), 1);
  RandomStream random(seed, "withdrawals");
  const int gone = std::min(config.withdrawals, before - 1);
  for (int i = 0; i < gone; ++i) {
    const auto at = static_cast<size_t>(i);
    std::swap(order[at], order[at + random.below(order.size() - at)]);
    const int day = static_cast<int>(int64_t{i} * days / gone);
    auto& title = pool.titles[static_cast<size_t>(order[at])];
    title.available_until = std::min(title.available_until, population.start + day * synth::kDay);
    population.changes.push_back({order[at], day, false});
  }
}

Population synthetic_population(const fs::path& folder) {
  const Artefact artefact(folder, "synth");
  const data::SynthOptions options = synth::options_of(artefact);
  synth::World world = synth::make_world(options);
  Population population;
  population.source = {"synth", folder.filename().string(), artefact.manifest().sha256};
  population.start = synth::kSpanEnd;
  population.has_regions = true;
  for (int64_t i = 0; i < std::ssize(world.users); ++i) {
    population.user_ids.push_back(synth::user_id(i));
    if (world.users[static_cast<size_t>(i)].left < synth::kSpanEnd) continue;
    population.people.push_back({.user = i, .watches = {}});
  }
  parallel_for(std::ssize(population.people), 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Person& person = population.people[static_cast<size_t>(i)];
      const auto index = static_cast<uint64_t>(person.user);
      auto viewing = synth::watch(world.pool, world.shelves, world.users[index],
                                  RandomStream(options.seed, "viewing", index));
      person.taste = viewing.taste;
      person.watches = std::move(viewing.watches);
    }
  });
  for (int genre = 0; std::cmp_less(genre, world.pool.genres.size()); ++genre) {
    population.shelves.push_back(world.shelves.genre(synth::kSpanEnd, genre));
  }
  population.pool = std::move(world.pool);
  population.users = std::move(world.users);
  give_title_ids(population);
  return population;
}

}  // namespace

Population make_population(const fs::path& folder, const configs::SimulationConfig& config) {
  const bool fitted = read_manifest(folder).kind == "dataset";
  if (fitted && config.releases > 0) {
    throw Error(cat("simulation.releases: ", folder.string(),
                    " is a dataset, and nobody knows how "
                    "its members would like titles that come; take a folder of marquee synth"));
  }
  Population population = fitted ? fitted_population(folder) : synthetic_population(folder);
  const auto wanted = static_cast<size_t>(config.members);
  if (wanted > 0 && population.people.size() > wanted) population.people.resize(wanted);
  if (population.people.empty()) {
    throw Error(cat(folder.string(), ": nobody of it is left at its end; make a larger one"));
  }
  set_visits(population.users, config.member.visits, population.people);
  for (Person& person : population.people) {
    const auto index = static_cast<uint64_t>(person.user);
    RandomStream random(static_cast<uint64_t>(config.seed), "newcomer", index);
    if (random.uniform() < config.newcomers) person.watches.clear();
  }
  plan_catalogue(population, config);
  return population;
}

}  // namespace marquee::policy
