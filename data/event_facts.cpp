#include "data/event_facts.h"

#include <cmath>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/text.h"
#include "data/limits.h"

namespace marquee::data {

Json facts_of(const EventWeights& weights) {
  Json facts = {{"min_rating", weights.ratings.low}, {"max_rating", weights.ratings.high}};
  for (size_t event = 0; event < kEvents; ++event) {
    for (const auto& [from, weight] : weights.steps[event]) {
      facts["weights"][std::string(name(static_cast<Event>(event)))].push_back({from, weight});
    }
  }
  return facts;
}

namespace {

constexpr size_t kMostSteps = 1'000;

// Of one kind of event; nothing: they are no steps.
std::optional<std::vector<EventWeights::Step>> steps_of(const Json& list) {
  if (!list.is_array() || list.empty() || list.size() > kMostSteps) return std::nullopt;
  std::vector<EventWeights::Step> steps;
  for (const Json& step : list) {
    const bool is_pair =
        step.is_array() && step.size() == 2 && step[0].is_number() && step[1].is_number();
    if (!is_pair) return std::nullopt;
    steps.push_back({step[0].get<float>(), step[1].get<float>()});
    const auto& [from, weight] = steps.back();
    const bool ascends = steps.size() == 1 || steps[steps.size() - 2].from < from;
    if (!std::isfinite(from) || !(std::abs(weight) <= 1) || !ascends) return std::nullopt;
  }
  return steps;
}

}  // namespace

EventWeights event_weights_of(const Manifest& manifest) {
  const auto check = [&](bool fine, const std::string& what) {
    if (fine) return;
    throw artefact_error(
        cat(manifest.folder.string(), "/manifest.json is damaged: ", what, "; make it again"));
  };
  EventWeights weights;
  auto& [low, high] = weights.ratings;
  low = manifest.fact<float>("min_rating");
  high = manifest.fact<float>("max_rating");
  check(low <= 0 && low >= -kMaxRating && high > low && high <= kMaxRating,
        "min_rating and max_rating are no scale of ratings");
  const Json all = manifest.facts.value("weights", Json::object());
  check(all.is_object(), "the fact weights holds no kinds of events");
  for (const auto& [kind, list] : all.items()) {
    const auto event = parse_event(kind);
    const auto steps = steps_of(list);
    check(event && steps, "the fact weights." + kind + " holds no steps of weights");
    weights.steps[static_cast<size_t>(*event)] = *steps;
  }
  return weights;
}

}  // namespace marquee::data
