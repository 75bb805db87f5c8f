// A YAML file as a flat list of dotted keys with their places, so that --set can replace one,
// unknown ones are found and every message names its line.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/problems.h"

namespace YAML {
class Node;
}

namespace marquee::configs {

struct Entry {
  std::string value;
  std::string where;     // "file:line" or "--set"
  bool section = false;  // holds keys of its own
};

class Entries {
 public:
  // Parses `text`; what is wrong with it goes to `problems`.
  Entries(const std::string& text, std::string file, Problems& problems);

  void override_with(const std::string& assignment);  // "train.epochs=5"

  // The entry of a key, or null; the key counts as known from now on.
  const Entry* find(const std::string& key);

  std::string where(const std::string& key) const;

  std::map<std::string, std::string> values() const;  // of all keys but sections

  // The place of the section search:, which is not among the entries; "": there is none.
  const std::string& search_at() const { return search_at_; }

  // Adds a problem for each key that was never passed to find(), with the nearest known one.
  void report_unknown() const;

 private:
  bool unknown_parent(const std::string& key) const;
  void flatten(const YAML::Node& map, const std::string& prefix, int depth);
  void add(const std::string& key, const std::string& where, const YAML::Node& node, int depth);

  std::string file_, search_at_;
  Problems& problems_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> read_;
};

}  // namespace marquee::configs
