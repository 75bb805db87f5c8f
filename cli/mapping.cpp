#include "cli/mapping.h"

#include <algorithm>
#include <limits>
#include <map>

#include "configs/mapping_config.h"
#include "core/error.h"
#include "core/problems.h"
#include "core/text.h"
#include "data/fields.h"

namespace marquee::cli {

namespace {

constexpr int64_t kMinute = 60;

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  data::Mapping read(const configs::MappingConfig& config) {
    mapping_.interactions = config.interactions;
    mapping_.titles = config.titles;
    mapping_.users = config.users;
    mapping_.ticks_a_second = config.time_unit == "milliseconds"   ? 1'000
                              : config.time_unit == "microseconds" ? 1'000'000
                                                                   : 1;
    for (const auto& [name, meaning] : config.events) {
      mapping_.events.add(name, meaning_of(name, meaning));
    }
    by_kind(config.scale, mapping_.scale);
    by_kind(config.least, mapping_.least);
    for (const auto& [kind, worth] : config.weights) read_weight(kind, worth);
    read_keep(config.keep);
    problems_.throw_if_any("nothing was written");
    return mapping_;
  }

 private:
  // "play 0.75", "like", "leave-out"; the kind has been checked.
  data::EventNames::Meaning meaning_of(const std::string& name, const std::string& text) {
    if (text == configs::kLeaveOut) return {std::nullopt};
    const size_t blank = text.find(' ');
    data::EventNames::Meaning meaning{data::parse_event(text.substr(0, blank))};
    if (blank == std::string::npos) return meaning;
    const auto value = data::parse_number(trim(text.substr(blank)));
    if (!value) {
      problem("events." + name, text, "must be a kind of event and a number, as in: play 0.75");
    }
    meaning.value = value.value_or(0);
    return meaning;
  }

  static void by_kind(const std::map<std::string, double>& values,
                      std::array<float, data::kEvents>& kinds) {
    for (const auto& [kind, value] : values) {
      kinds[static_cast<size_t>(*data::parse_event(kind))] = static_cast<float>(value);
    }
  }

  void read_weight(const std::string& kind, const configs::WeightConfig& worth) {
    auto& steps = mapping_.weights.steps[static_cast<size_t>(*data::parse_event(kind))];
    if (worth.steps.empty()) steps.push_back({0, static_cast<float>(worth.weight)});
    for (const auto& [from, weight] : worth.steps) {
      steps.push_back({data::parse_number(from).value_or(0), static_cast<float>(weight)});
    }
    std::ranges::sort(steps, {}, &data::EventWeights::Step::from);
    const auto same = std::ranges::adjacent_find(steps, {}, &data::EventWeights::Step::from);
    if (same != steps.end()) problem("weights." + kind, general(same->from), "is given twice");
  }

  void read_keep(const configs::KeepConfig& keep) {
    const std::map<std::string, data::Repeats> repeats = {{"all", data::Repeats::kAll},
                                                          {"different", data::Repeats::kDifferent},
                                                          {"first", data::Repeats::kFirst},
                                                          {"last", data::Repeats::kLast}};
    mapping_.from = time("keep.from", keep.from, mapping_.from);
    mapping_.until = time("keep.until", keep.until, mapping_.until);
    if (mapping_.from >= mapping_.until)
      problem("keep.from", keep.from, "must be before keep.until");
    mapping_.thinning = {.most_a_day = keep.most_a_day,
                         .session_seconds = keep.session_minutes * kMinute,
                         .repeats = repeats.at(keep.repeats),
                         .least_of_user = keep.least_of_user,
                         .least_of_title = keep.least_of_title};
  }

  int64_t time(const std::string& key, const std::string& text, int64_t none) {
    if (text.empty()) return none;
    const auto time = data::parse_time(text);
    if (!time) problem(key, text, "must be a day such as 2026-01-31, ISO 8601 or Unix seconds");
    return time.value_or(none);
  }

  void problem(const std::string& key, const std::string& text, const char* what) {
    problems_.add(cat(file_, ": ", key, ": ", in_quotes(text), " ", what));
  }

  const std::string& file_;
  Problems problems_;
  data::Mapping mapping_;
};

void take(const configs::MappingConfig& config, const std::string& where,
          data::IngestOptions& options) {
  options.mapping = Reader(where).read(config);
  options.mapping_yaml = configs::to_yaml(config);
}

}  // namespace

void read_mapping(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                  data::IngestOptions& options) {
  if (file.empty() && overrides.empty()) return;
  take(configs::read_mapping_config(file, overrides), file.empty() ? "--set" : file.string(),
       options);
}

void take_mapping_of(const Manifest& dataset, data::IngestOptions& options) {
  const std::string yaml = data::mapping_of(dataset);
  const std::string where = (dataset.folder / data::kDatasetMapping).string();
  if (!yaml.empty()) take(configs::parse_mapping_config(yaml, where), where, options);
}

}  // namespace marquee::cli
