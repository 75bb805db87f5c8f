#include "configs/entries.h"

#include <yaml-cpp/yaml.h>

#include <vector>

#include "core/text.h"

namespace marquee::configs {

namespace {
constexpr size_t kMaxBytes = 1 << 20;
constexpr int kMaxDepth = 16;
constexpr size_t kMaxKeys = 10'000;  // ends the expansion of aliases of aliases
}  // namespace

Entries::Entries(const std::string& text, std::string file, Problems& problems)
    : file_(std::move(file)), problems_(problems) {
  if (text.size() > kMaxBytes) {
    problems_.add(cat(file_, ": larger than ", human_bytes(kMaxBytes)));
    return;
  }
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

void Entries::override_with(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    problems_.add(cat("--set ", in_quotes(assignment), ": must be KEY=VALUE"));
    return;
  }
  const std::string key = assignment.substr(0, equals);
  entries_[key] = {assignment.substr(equals + 1), "--set", false};
}

const Entry* Entries::find(const std::string& key) {
  read_.insert(key);
  const auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : &it->second;
}

std::string Entries::where(const std::string& key) const {
  const auto it = entries_.find(key);
  return it == entries_.end() ? file_ : it->second.where;
}

std::map<std::string, std::string> Entries::values() const {
  std::map<std::string, std::string> values;
  for (const auto& [key, entry] : entries_) {
    if (!entry.section) values[key] = entry.value;
  }
  return values;
}

void Entries::report_unknown() const {
  const std::vector<std::string> known(read_.begin(), read_.end());
  for (const auto& [key, entry] : entries_) {
    if (read_.contains(key) || unknown_parent(key)) continue;
    const std::string suggestion = nearest_name(key, known);
    problems_.add(cat(entry.where, ": ", key, ": unknown key",
                      suggestion.empty() ? "" : " (did you mean \"" + suggestion + "\"?)"));
  }
}

// Below an unknown section only the section is reported.
bool Entries::unknown_parent(const std::string& key) const {
  for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    const std::string parent = key.substr(0, dot);
    if (entries_.contains(parent) && !read_.contains(parent)) return true;
  }
  return false;
}

void Entries::flatten(const YAML::Node& map, const std::string& prefix, int depth) {
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
    if (key == "search") {
      search_at_ = where;
      continue;
    }
    if (entries_.contains(key)) {
      problems_.add(cat(where, ": ", key, ": given twice (first at ", entries_[key].where, ")"));
      continue;
    }
    add(key, where, item.second, depth);
  }
}

void Entries::add(const std::string& key, const std::string& where, const YAML::Node& node,
                  int depth) {
  if (node.IsMap()) {
    entries_[key] = {"", where, true};
    flatten(node, key + ".", depth + 1);
  } else if (node.IsScalar()) {
    entries_[key] = {node.Scalar(), where, false};
  } else {
    problems_.add(cat(where, ": ", key, node.IsNull() ? ": has no value" : ": must not be a list"));
    read_.insert(key);
  }
}

}  // namespace marquee::configs
