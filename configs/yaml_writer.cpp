// Configurations written back, resolved.
#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "configs/mapping_config.h"
#include "configs/path_visitor.h"
#include "configs/policy_config.h"
#include "configs/yaml.h"
#include "core/json.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

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
  void text(const std::string& name, std::string& value, const std::string&) override {
    put(name, Json(value).dump());  // YAML reads JSON's strings
  }
  const std::string& written() const { return text_; }

 private:
  static std::string shortest(double value) {
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, result.ptr};
  }
  // Sections without keys are left out.
  void enter(const std::string& path, const std::string&) override {
    while (sections_.size() > depth()) sections_.pop_back();
    sections_.push_back(std::string(2 * depth(), ' ') + path.substr(path.rfind('.') + 1) + ":\n");
  }
  void put(const std::string& name, const std::string& value) {
    for (size_t i = 0; i < std::min(depth(), sections_.size()); ++i) {
      text_ += std::exchange(sections_[i], "");
    }
    text_ += std::string(2 * depth(), ' ') + name + ": " + value + "\n";
  }
  std::string text_;
  std::vector<std::string> sections_;  // around the next key, "" where the heading is written
};

template <typename ConfigT>
std::string written(ConfigT config) {
  Writer writer;
  visit(config, writer);
  return writer.written();
}

}  // namespace

std::string to_yaml(const Config& config) { return written(config); }
std::string to_yaml(const PolicyConfig& config) { return written(config); }
std::string to_yaml(const MappingConfig& config) { return written(config); }

}  // namespace marquee::configs
