#include "configs/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr int kMaxDepth = 16;
constexpr size_t kMaxKeys = 10'000;  // ends the expansion of aliases of aliases

// One scalar of the file or of --set, with the place that messages name.
struct Entry {
  std::string value;
  std::string where;
  bool section = false;
};

// The file as a flat list of dotted keys, so that --set can replace one and unknown ones are found.
class Entries {
 public:
  Entries(const std::string& text, std::string file, Problems& problems)
      : file_(std::move(file)), problems_(problems) {
    if (text.size() > kMaxBytes) {
      problems_.add(cat(file_, ": larger than ", human_bytes(kMaxBytes)));
      return;
    }
    // Anchors could make a small file expand without bound; no configuration needs them.
    try {
      const YAML::Node root = YAML::Load(text);
      if (root.IsNull()) return;
      if (!root.IsMap()) {
        problems_.add(file_ + ":1: must be a mapping such as `model:`");
        return;
      }
      flatten(root, "", 0);
    } catch (const YAML::Exception& e) {
      problems_.add(cat(file_, ":", e.mark.line + 1, ": not valid YAML: ", e.msg));
    }
  }

  void override_with(const std::string& assignment) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems_.add(cat("--set ", quoted(assignment), ": must be KEY=VALUE"));
      return;
    }
    const std::string key = assignment.substr(0, equals);
    entries_[key] = {assignment.substr(equals + 1), "--set", false};
  }

  const Entry* find(const std::string& key) {
    read_.insert(key);
    const auto it = entries_.find(key);
    return it == entries_.end() ? nullptr : &it->second;
  }

  std::string where(const std::string& key) const {
    const auto it = entries_.find(key);
    return it == entries_.end() ? file_ : it->second.where;
  }

  void report_unknown() const {
    const std::vector<std::string> known(read_.begin(), read_.end());
    for (const auto& [key, entry] : entries_) {
      if (read_.contains(key) || unknown_parent(key)) continue;
      const std::string suggestion = nearest_name(key, known);
      problems_.add(cat(entry.where, ": ", key, ": unknown key",
                        suggestion.empty() ? "" : " (did you mean \"" + suggestion + "\"?)"));
    }
  }

 private:
  // Below an unknown section only the section is reported.
  bool unknown_parent(const std::string& key) const {
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
      const std::string parent = key.substr(0, dot);
      if (entries_.contains(parent) && !read_.contains(parent)) return true;
    }
    return false;
  }

  void flatten(const YAML::Node& map, const std::string& prefix, int depth) {
    if (depth > kMaxDepth) {
      problems_.add(cat(file_, ":", map.Mark().line + 1, ": nested too deeply"));
      return;
    }
    for (const auto& item : map) {
      if (entries_.size() >= kMaxKeys) {
        if (problems_.empty()) problems_.add(cat(file_, ": more than ", kMaxKeys, " keys"));
        return;
      }
      const std::string where = cat(file_, ":", item.first.Mark().line + 1);
      if (!item.first.IsScalar()) {
        problems_.add(where + ": a key must be a plain word");
        continue;
      }
      const std::string key = prefix + item.first.Scalar();
      if (entries_.contains(key)) {
        problems_.add(cat(where, ": ", key, ": given twice (first at ", entries_[key].where, ")"));
        continue;
      }
      add(key, where, item.second, depth);
    }
  }

  void add(const std::string& key, const std::string& where, const YAML::Node& node, int depth) {
    if (node.IsMap()) {
      entries_[key] = {"", where, true};
      flatten(node, key + ".", depth + 1);
    } else if (node.IsScalar()) {
      entries_[key] = {node.Scalar(), where, false};
    } else {
      problems_.add(
          cat(where, ": ", key, node.IsNull() ? ": has no value" : ": must not be a list"));
      read_.insert(key);
    }
  }

  std::string file_;
  Problems& problems_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> read_;
};

// Keeps the dotted path of the key being visited.
class PathVisitor : public FieldVisitor {
 public:
  void section(const std::string& name, const std::string& help,
               const std::function<void()>& fields) override {
    const std::string outer = prefix_;
    enter(prefix_ + name, help);
    prefix_ += name + ".";
    fields();
    prefix_ = outer;
  }

 protected:
  virtual void enter(const std::string& path, const std::string& help) = 0;
  std::string path(const std::string& name) const { return prefix_ + name; }
  size_t depth() const { return split(prefix_, '.').size(); }

 private:
  std::string prefix_;
};

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

 private:
  void enter(const std::string& path, const std::string&) override {
    const Entry* entry = entries_.find(path);
    if (entry != nullptr && !entry->section) {
      problems_.add(cat(entry->where, ": ", path, ": must hold keys, not ", quoted(entry->value)));
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
    problems_.add(cat(entry.where, ": ", path(name), ": ", quoted(entry.value), " ", expectation));
  }

  template <typename T>
  void out_of_range(const std::string& name, const Entry& entry, bool below, T low, T high) {
    problems_.add(cat(entry.where, ": ", path(name), ": ", entry.value, " is ",
                      below ? "below " : "above ", below ? low : high));
  }

  Entries& entries_;
  Problems& problems_;
};

class Writer : public PathVisitor {
 public:
  void integer(const std::string& name, int64_t& value, int64_t, int64_t,
               const std::string&) override {
    put(name, std::to_string(value));
  }
  void real(const std::string& name, double& value, double, double, const std::string&) override {
    put(name, general(value, 17) == general(value, 6) ? general(value, 6) : shortest(value));
  }
  void boolean(const std::string& name, bool& value, const std::string&) override {
    put(name, value ? "true" : "false");
  }
  void choice(const std::string& name, std::string& value, const std::vector<std::string>&,
              const std::string&) override {
    put(name, value);
  }
  const std::string& text() const { return text_; }

 private:
  static std::string shortest(double value) {
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, result.ptr};
  }
  void enter(const std::string& path, const std::string&) override {
    text_ += std::string(2 * depth(), ' ') + path.substr(path.rfind('.') + 1) + ":\n";
  }
  void put(const std::string& name, const std::string& value) {
    text_ += std::string(2 * depth(), ' ') + name + ": " + value + "\n";
  }
  std::string text_;
};

class Reference : public PathVisitor {
 public:
  void integer(const std::string& name, int64_t& value, int64_t low, int64_t high,
               const std::string& help) override {
    row(name, std::to_string(value),
        cat("whole number, ", low, high > 1'000'000'000'000 ? " or more" : cat(" to ", high)),
        help);
  }
  void real(const std::string& name, double& value, double low, double high,
            const std::string& help) override {
    row(name, general(value), cat("number, ", general(low), " to ", general(high)), help);
  }
  void boolean(const std::string& name, bool& value, const std::string& help) override {
    row(name, value ? "true" : "false", "true or false", help);
  }
  void choice(const std::string& name, std::string& value, const std::vector<std::string>& choices,
              const std::string& help) override {
    row(name, value, join(choices, ", "), help);
  }
  const std::string& text() const { return text_; }

 private:
  void enter(const std::string&, const std::string&) override {}
  void row(const std::string& name, const std::string& value, const std::string& range,
           const std::string& help) {
    text_ += cat("| `", path(name), "` | ", value, " | ", range, " | ", help, " |\n");
  }
  std::string text_;
};

}  // namespace

Config parse_config(const std::string& text, const std::string& where,
                    const std::vector<std::string>& overrides) {
  Problems problems;
  Entries entries(text, where, problems);
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

std::string to_yaml(const Config& config) {
  Config copy = config;
  Writer writer;
  visit(copy, writer);
  return writer.text();
}

std::string reference_markdown() {
  std::string text;
  for (const auto& name : model_names()) {
    Config config;
    config.model.name = name;
    config.model.loss.kind = "sampled";  // so that every key of the losses is listed
    Reference reference;
    visit(config, reference);
    text += cat("## `model.name: ", name,
                "`\n\n| key | default | values | meaning |\n|---|---|---|---|\n", reference.text(),
                "\n");
  }
  return text;
}

}  // namespace marquee::configs
