#include "configs/yaml.h"

#include <charconv>
#include <cmath>
#include <set>

#include "configs/entries.h"
#include "configs/experiment_config.h"
#include "configs/fairness_config.h"
#include "configs/gate_config.h"
#include "configs/mapping_config.h"
#include "configs/path_visitor.h"
#include "configs/policy_config.h"
#include "configs/server_config.h"
#include "configs/simulation_config.h"
#include "core/error.h"
#include "core/file.h"
#include "core/problems.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

class Reader : public PathVisitor {
 public:
  Reader(Entries& entries, Problems& problems) : entries_(entries), problems_(problems) {}

  void integer(const std::string& name, int64_t& value, int64_t low, int64_t high,
               const std::string&) override {
    const Entry* entry = scalar(name);
    if (entry == nullptr) return;
    int64_t read = 0;
    const char* end = entry->value.data() + entry->value.size();
    const auto [stopped, code] = std::from_chars(entry->value.data(), end, read);
    if (code != std::errc() || stopped != end) return wrong(name, *entry, "must be a whole number");
    if (read < low || read > high) return out_of_range(name, *entry, read < low, low, high);
    value = read;
  }

  void real(const std::string& name, double& value, double low, double high,
            const std::string&) override {
    const Entry* entry = scalar(name);
    if (entry == nullptr) return;
    double read = 0;
    const char* end = entry->value.data() + entry->value.size();
    const auto [stopped, code] = std::from_chars(entry->value.data(), end, read);
    if (code != std::errc() || stopped != end || !std::isfinite(read)) {
      return wrong(name, *entry, "must be a number");
    }
    if (read < low || read > high) return out_of_range(name, *entry, read < low, low, high);
    value = read;
  }

  void boolean(const std::string& name, bool& value, const std::string&) override {
    const Entry* entry = scalar(name);
    if (entry == nullptr) return;
    if (entry->value != "true" && entry->value != "false") {
      return wrong(name, *entry, "must be true or false");
    }
    value = entry->value == "true";
  }

  void choice(const std::string& name, std::string& value, const std::vector<std::string>& choices,
              const std::string&) override {
    const Entry* entry = scalar(name);
    if (entry == nullptr) return;
    for (const auto& choice : choices) {
      if (entry->value == choice) {
        value = choice;
        return;
      }
    }
    const std::string near = nearest_name(entry->value, choices);
    wrong(name, *entry,
          "must be one of " + join(choices, ", ") +
              (near.empty() ? "" : " (did you mean " + near + "?)"));
  }

  void text(const std::string& name, std::string& value, const std::string&) override {
    if (const Entry* entry = scalar(name)) value = entry->value;
  }

 private:
  void enter(const std::string& path, const std::string&) override {
    const Entry* entry = entries_.find(path);
    if (entry != nullptr && !entry->section) {
      problems_.add(
          cat(entry->where, ": ", path, ": must hold keys, not ", in_quotes(entry->value)));
    }
  }

  const Entry* scalar(const std::string& name) {
    const Entry* entry = entries_.find(path(name));
    if (entry != nullptr && entry->section) {
      problems_.add(cat(entry->where, ": ", path(name), ": must be a single value"));
      return nullptr;
    }
    return entry;
  }

  void wrong(const std::string& name, const Entry& entry, const std::string& expectation) {
    problems_.add(
        cat(entry.where, ": ", path(name), ": ", in_quotes(entry.value), " ", expectation));
  }

  template <typename T>
  void out_of_range(const std::string& name, const Entry& entry, bool below, T low, T high) {
    problems_.add(cat(entry.where, ": ", path(name), ": ", entry.value, " is ",
                      below ? "below " : "above ", below ? low : high));
  }

  Entries& entries_;
  Problems& problems_;
};

class KeyFinder : public PathVisitor {
 public:
  explicit KeyFinder(const std::string& key) : key_(key) {}
  void integer(const std::string& name, int64_t&, int64_t, int64_t, const std::string&) override {
    look_at(name);
  }
  void real(const std::string& name, double&, double, double, const std::string&) override {
    look_at(name);
  }
  void boolean(const std::string& name, bool&, const std::string&) override { look_at(name); }
  void choice(const std::string& name, std::string&, const std::vector<std::string>&,
              const std::string&) override {
    look_at(name);
  }
  void text(const std::string& name, std::string&, const std::string&) override { look_at(name); }
  bool found() const { return found_; }

 private:
  void enter(const std::string&, const std::string&) override {}
  void look_at(const std::string& name) { found_ |= path(name) == key_; }

  const std::string& key_;
  bool found_ = false;
};

}  // namespace

Config parse_config(const std::string& text, const std::string& where,
                    const std::vector<std::string>& overrides, Search search) {
  Problems problems;
  Entries entries(text, where, problems);
  if (!entries.search_at().empty() && search == Search::kRefused) {
    problems.add(entries.search_at() + ": search: is for `marquee tune`; take it out to train");
  }
  for (const auto& assignment : overrides) entries.override_with(assignment);
  Config config;
  Reader reader(entries, problems);
  visit(config, reader);
  entries.report_unknown();
  check_rules(config, [&](const std::string& key, const std::string& message) {
    problems.add(cat(entries.where(key), ": ", key, ": ", message));
  });
  problems.throw_if_any("nothing was started");
  return config;
}

Config read_config(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  if (!std::filesystem::exists(file)) throw Error("there is no configuration " + file.string());
  return parse_config(read_file(file), file.string(), overrides);
}

namespace {

// "metrics.hours.kind" → "hours": the names below a section, in alphabetical order.
std::vector<std::string> names_below(const Entries& entries, const std::string& section) {
  std::set<std::string> names;
  for (const auto& [key, value] : entries.values()) {
    if (!key.starts_with(section + ".")) continue;
    const std::string rest = key.substr(section.size() + 1);
    names.insert(rest.substr(0, rest.find('.')));
  }
  return {names.begin(), names.end()};
}

// The entries of a configuration's maps, by the names that the file has.
void name_parts(const Entries&, ServerConfig&) {}
void name_parts(const Entries&, PolicyConfig&) {}
void name_parts(const Entries& entries, FairnessConfig& config) {
  for (const auto& name : names_below(entries, "members")) config.members[name] = {};
  for (const auto& name : names_below(entries, "providers")) config.providers[name] = {};
}
// A kind of event, or what the files call one, which may have dots in it.
template <typename Value>
void name_values(const Entries& entries, const std::string& section,
                 std::map<std::string, Value>& values) {
  for (const auto& [key, value] : entries.values()) {
    if (key.starts_with(section)) values[key.substr(section.size())] = {};
  }
}
void name_parts(const Entries& entries, GateConfig& config) {
  name_values(entries, "metrics.", config.metrics);
  name_values(entries, "slices.", config.slices);
}
void name_parts(const Entries& entries, MappingConfig& config) {
  name_values(entries, "events.", config.events);
  name_values(entries, "scale.", config.scale);
  name_values(entries, "least.", config.least);
  for (const auto& [key, value] : entries.values()) {
    constexpr std::string_view kSection = "weights.";
    if (!key.starts_with(kSection)) continue;
    const std::string kind =
        key.substr(kSection.size(), key.find('.', kSection.size()) - kSection.size());
    WeightConfig& worth = config.weights[kind];
    const size_t named = kSection.size() + kind.size();
    if (key.size() > named) worth.steps[key.substr(named + 1)] = 0;
  }
}
void name_parts(const Entries& entries, SimulationConfig& config) {
  for (const auto& name : names_below(entries, "arms")) config.arms[name] = {};
}
void name_parts(const Entries& entries, ExperimentConfig& config) {
  for (const auto& name : names_below(entries, "metrics")) config.metrics[name] = {};
  for (const auto& name : names_below(entries, "shares")) config.shares[name] = 1;
  name_parts(entries, config.simulation);
}

// With the overrides, by its rules across keys, where it has some; without a file the defaults.
template <typename ConfigT>
ConfigT parse_any(const std::string& text, const std::string& where,
                  const std::vector<std::string>& overrides) {
  Problems problems;
  Entries entries(text, where, problems);
  if (!entries.search_at().empty()) problems.add(entries.search_at() + ": search: unknown key");
  for (const auto& assignment : overrides) entries.override_with(assignment);
  ConfigT config;
  name_parts(entries, config);
  Reader reader(entries, problems);
  visit(config, reader);
  entries.report_unknown();
  const auto problem = [&](const std::string& key, const std::string& message) {
    problems.add(cat(entries.where(key), ": ", key, ": ", message));
  };
  if constexpr (requires { check_rules(config, problem); }) {
    if (problems.empty()) check_rules(config, problem);
  }
  problems.throw_if_any("nothing was started");
  return config;
}

template <typename ConfigT>
ConfigT read_any(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  if (!file.empty() && !std::filesystem::exists(file)) {
    throw Error("there is no configuration " + file.string());
  }
  return parse_any<ConfigT>(file.empty() ? "" : read_file(file), file.string(), overrides);
}

}  // namespace

PolicyConfig read_policy_config(const std::filesystem::path& file,
                                const std::vector<std::string>& overrides) {
  return read_any<PolicyConfig>(file, overrides);
}

bool has_key(const Config& config, const std::string& key) {
  Config copy = config;
  KeyFinder finder(key);
  visit(copy, finder);
  return finder.found();
}

std::map<std::string, std::string> values_in(const std::string& yaml) {
  Problems problems;
  return Entries(yaml, "", problems).values();
}

ServerConfig read_server_config(const std::filesystem::path& file,
                                const std::vector<std::string>& overrides) {
  return read_any<ServerConfig>(file, overrides);
}

SimulationConfig read_simulation_config(const std::filesystem::path& file,
                                        const std::vector<std::string>& overrides) {
  return read_any<SimulationConfig>(file, overrides);
}

FairnessConfig read_fairness_config(const std::filesystem::path& file,
                                    const std::vector<std::string>& overrides) {
  return read_any<FairnessConfig>(file, overrides);
}

GateConfig read_gate_config(const std::filesystem::path& file,
                            const std::vector<std::string>& overrides) {
  return read_any<GateConfig>(file, overrides);
}

MappingConfig parse_mapping_config(const std::string& text, const std::string& where) {
  return parse_any<MappingConfig>(text, where, {});
}

MappingConfig read_mapping_config(const std::filesystem::path& file,
                                  const std::vector<std::string>& overrides) {
  return read_any<MappingConfig>(file, overrides);
}

ExperimentConfig read_experiment_config(const std::filesystem::path& file,
                                        const std::vector<std::string>& overrides) {
  return read_any<ExperimentConfig>(file, overrides);
}

}  // namespace marquee::configs
