// Configurations as YAML: read strictly, written back resolved, described for the reference.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

// A section `search:` is for `marquee tune` (search.h): refused, unless it is allowed and then left
// aside.
enum class Search { kRefused, kAllowed };

// Reads `file` over the defaults, then applies `overrides` ("train.epochs=5"). Throws one Error
// with every problem as file:line: path: message: syntax, unknown keys (with the nearest name),
// duplicate keys, wrong types, ranges, rules across keys.
Config read_config(const std::filesystem::path& file, const std::vector<std::string>& overrides);

// The same from text; `where` stands for the file in messages.
Config parse_config(const std::string& text, const std::string& where,
                    const std::vector<std::string>& overrides = {},
                    Search search = Search::kRefused);

// Every key with its value; read_config of it gives the same configuration.
std::string to_yaml(const Config& config);

// Whether the configuration's model reads this key, such as "train.epochs".
bool has_key(const Config& config, const std::string& key);

// The keys of a configuration file with their values as they are written, unchecked.
std::map<std::string, std::string> values_in(const std::string& yaml);

// The tables of docs/configuration.md.
std::string reference_markdown();

}  // namespace marquee::configs
