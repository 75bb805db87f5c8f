#include "evaluation/privacy/people.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"

namespace marquee::evaluation {

namespace {

// Ascending.
std::vector<uint32_t> liked_titles(const data::History& events, const data::EventWeights& weights) {
  std::vector<uint32_t> titles, rejected;
  for (int64_t i = 0; i < events.size(); ++i) {
    const bool disliked = weights.is_negative(events.events[i], events.values[i]);
    (disliked ? rejected : titles).push_back(events.titles[i]);
  }
  std::ranges::sort(titles);
  std::ranges::sort(rejected);
  const auto repeated = std::ranges::unique(titles);
  titles.erase(repeated.begin(), repeated.end());
  std::erase_if(titles, [&](uint32_t each) { return std::ranges::binary_search(rejected, each); });
  return titles;
}

struct Candidate {
  size_t titles = 0;
  int64_t user = 0;
  auto operator<=>(const Candidate&) const = default;
};

struct Candidates {
  std::vector<Candidate> members, held_out;
};

Candidates candidates_of(const data::Dataset& dataset, uint64_t seed) {
  Candidates found;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History events = dataset.history(user);
    const size_t titles = liked_titles(events, dataset.weights()).size();
    if (titles < kHistoryParts) continue;
    const auto trained = std::ranges::count(events.parts, data::Part::kTrain);
    if (trained == events.size()) found.members.push_back({titles, user});
    if (trained == 0) found.held_out.push_back({titles, user});
  }
  // Users are numbered in the order of the file; neither group may favour the first.
  RandomStream(seed, "privacy.members").shuffle(found.members);
  RandomStream(seed, "privacy.held_out").shuffle(found.held_out);
  return found;
}

Person person_of(const data::Dataset& dataset, int64_t user, bool member, uint64_t seed) {
  const data::History events = dataset.history(user);
  Person person;
  person.user = user;
  person.member = member;
  person.titles = liked_titles(events, dataset.weights());
  RandomStream(seed, "privacy.parts", static_cast<uint64_t>(user)).shuffle(person.titles);
  for (size_t i = 0; i < person.titles.size(); ++i) {
    person.parts.push_back(static_cast<uint8_t>(i % kHistoryParts));
  }
  for (int64_t i = 0; i < events.size(); ++i) {
    person.history.titles.push_back(events.titles[i]);
    person.history.signals.push_back(dataset.weights().signal(events.events[i], events.values[i]));
    person.history.ages.push_back(static_cast<float>(events.times.back() - events.times[i]));
  }
  return person;
}

// Takes the nearest by number of titles; of equally near ones the shorter, then the first drawn.
Candidate take_nearest(std::multiset<std::pair<size_t, size_t>>& free, size_t titles,
                       const std::vector<Candidate>& members) {
  auto nearest = free.lower_bound({titles, 0});
  if (nearest == free.end() || (nearest->first > titles && nearest != free.begin())) {
    const auto shorter = free.lower_bound({std::prev(nearest)->first, 0});
    const bool nearer = nearest == free.end() || titles - shorter->first <= nearest->first - titles;
    if (nearer) nearest = shorter;
  }
  const Candidate member = members[nearest->second];
  free.erase(nearest);
  return member;
}

}  // namespace

People find_people(const data::Dataset& dataset, uint64_t seed) {
  if (dataset.split() != "strong") {
    throw Error(cat("dataset ", in_quotes(dataset.name()), ": split ", dataset.split(),
                    " holds nobody out, so that members can be compared with no others; ingest "
                    "and train with --split strong"));
  }
  Candidates found = candidates_of(dataset, seed);
  const auto pairs = std::min(std::ssize(found.held_out), std::ssize(found.members));
  if (pairs < kLeastPairs) {
    throw Error(cat("dataset ", in_quotes(dataset.name()), ": ", found.held_out.size(),
                    " people were held out and ", found.members.size(),
                    " trained on with at least ", kHistoryParts, " titles; ", kLeastPairs,
                    " of each are needed: ingest more members with --split strong"));
  }
  found.held_out.resize(static_cast<size_t>(std::min<int64_t>(pairs, kMostPairs)));
  std::multiset<std::pair<size_t, size_t>> free;  // (titles, index of the member)
  for (size_t i = 0; i < found.members.size(); ++i) free.emplace(found.members[i].titles, i);
  People people;
  for (const Candidate& each : found.held_out) {
    const Candidate member = take_nearest(free, each.titles, found.members);
    people.all.push_back(person_of(dataset, each.user, false, seed));
    people.all.push_back(person_of(dataset, member.user, true, seed));
    people.held_out_titles += static_cast<double>(each.titles);
    people.member_titles += static_cast<double>(member.titles);
  }
  people.held_out_titles /= static_cast<double>(people.pairs());
  people.member_titles /= static_cast<double>(people.pairs());
  return people;
}

}  // namespace marquee::evaluation
