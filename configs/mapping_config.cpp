#include "configs/mapping_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/text.h"

namespace marquee::configs {

namespace {

const std::vector<std::string> kKinds = {"play",    "complete", "rating", "like",
                                         "dislike", "list",     "hide"};

constexpr std::array kInteractionColumns = {"user_id", "title_id", "timestamp",  "event",
                                            "value",   "split",    "propensity", "position"};
constexpr std::array kTitleColumns = {
    "title_id",        "name",     "year",     "genres",          "actors",  "directors",
    "studios",         "language", "maturity", "runtime_minutes", "regions", "available_from",
    "available_until", "countries"};

template <typename Names>
void visit_columns(const std::string& file, const Names& names,
                   std::map<std::string, std::string>& columns, FieldVisitor& v) {
  v.section(file, "", [&] {
    for (const char* name : names) {
      std::string found = columns[name];
      v.text(name, found, cat("what files call the column `", name, "`"));
      if (found.empty()) {
        columns.erase(name);
      } else {
        columns[name] = found;
      }
    }
  });
}

void visit_weight(const std::string& kind, WeightConfig& worth, FieldVisitor& v) {
  if (worth.steps.empty()) {
    v.real(kind, worth.weight, -1, 1,
           "how much such an event says that the title was liked; below 0: it was disliked");
    return;
  }
  v.section(kind, "", [&] {
    for (auto& [from, weight] : worth.steps) {
      v.real(from, weight, -1, 1, "the same of events with this value and more, up to the next");
    }
  });
}

void visit_keep(KeepConfig& c, FieldVisitor& v) {
  constexpr int64_t kMost = 1'000'000'000;
  v.text("from", c.from, "time of the first event that stays: a day, ISO 8601 or Unix seconds");
  v.text("until", c.until, "time from which on events are left out");
  v.integer("most_a_day", c.most_a_day, 0, kMost,
            "who has more events on any day (UTC) is taken for a program and left out; 0: nobody");
  v.integer("session_minutes", c.session_minutes, 0, 100'000,
            "a visit ends where nothing happens for so long; events of a kind for a title in one "
            "visit become one, at the last one's time with the largest value; 0: they stay");
  v.choice("repeats", c.repeats, {"all", "different", "first", "last"},
           "which of a member's events of one kind for one title stay; different: those of which "
           "the same time and value was not there already");
  v.integer("least_of_user", c.least_of_user, 0, kMost,
            "who has fewer events is left out; with least_of_title again and again, until all that "
            "are left have so many");
  v.integer("least_of_title", c.least_of_title, 0, kMost,
            "a title with fewer events is left out, of the titles file as well");
}

}  // namespace

void visit(MappingConfig& config, FieldVisitor& v) {
  visit_columns("interactions", kInteractionColumns, config.interactions, v);
  visit_columns("titles", kTitleColumns, config.titles, v);
  visit_columns("users", std::array{"user_id"}, config.users, v);
  v.choice("time_unit", config.time_unit, {"seconds", "milliseconds", "microseconds"},
           "of timestamps that are numbers");
  v.section("events", "", [&] {
    for (auto& [name, meaning] : config.events) {
      v.text(name, meaning,
             "what the event NAME of the files means: a kind of event, with a value if need be "
             "(`play 0.75`), or leave-out");
    }
  });
  v.section("scale", "", [&] {
    for (auto& [kind, factor] : config.scale) {
      v.real(kind, factor, -1e6, 1e6,
             "what values of this kind of event are multiplied by: 0.01 if files have percent");
    }
  });
  v.section("least", "", [&] {
    for (auto& [kind, value] : config.least) {
      v.real(kind, value, -1e6, 1e6, "events of this kind with a lower value are left out");
    }
  });
  v.section("weights", "", [&] {
    for (auto& [kind, worth] : config.weights) visit_weight(kind, worth, v);
  });
  v.section("keep", "", [&] { visit_keep(config.keep, v); });
}

void check_rules(
    const MappingConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  const auto check_kind = [&](const std::string& key, const std::string& kind,
                              const std::string& rest) {
    if (std::ranges::find(kKinds, kind) != kKinds.end()) return;
    const std::string near = nearest_name(kind, kKinds);
    problem(key, cat(in_quotes(kind), " is no kind of event; it must be ", join(kKinds, ", "), rest,
                     near.empty() ? "" : " (did you mean " + near + "?)"));
  };
  for (const auto& [name, meaning] : config.events) {
    if (meaning == kLeaveOut) continue;
    check_kind("events." + name, meaning.substr(0, meaning.find(' ')), cat(" or ", kLeaveOut));
  }
  for (const auto& [kind, factor] : config.scale) check_kind("scale." + kind, kind, "");
  for (const auto& [kind, value] : config.least) check_kind("least." + kind, kind, "");
  for (const auto& [kind, worth] : config.weights) {
    check_kind("weights." + kind, kind, "");
    for (const auto& [from, weight] : worth.steps) {
      double value = 0;
      const auto [end, code] = std::from_chars(from.data(), from.data() + from.size(), value);
      if (code != std::errc() || end != from.data() + from.size() || !std::isfinite(value)) {
        problem(cat("weights.", kind, ".", from),
                "must be a weight by its lowest value, as in 3: 0.5");
      }
    }
  }
}

}  // namespace marquee::configs
