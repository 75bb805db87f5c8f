// The tables of docs/configuration.md.
#include "configs/experiment_config.h"
#include "configs/fairness_config.h"
#include "configs/gate_config.h"
#include "configs/mapping_config.h"
#include "configs/path_visitor.h"
#include "configs/policy_config.h"
#include "configs/server_config.h"
#include "configs/simulation_config.h"
#include "configs/yaml.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

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
  void text(const std::string& name, std::string& value, const std::string& help) override {
    row(name, value.empty() ? "none" : value, "text", help);
  }
  bool visits_all() const override { return true; }
  const std::string& written() const { return text_; }

 private:
  void enter(const std::string&, const std::string&) override {}
  void row(const std::string& name, const std::string& value, const std::string& range,
           const std::string& help) {
    text_ += cat("| `", path(name), "` | ", value, " | ", range, " | ", help, " |\n");
  }
  std::string text_;
};

template <typename ConfigT>
std::string table_of(const std::string& heading, ConfigT config) {
  Reference reference;
  visit(config, reference);
  return cat("## ", heading, "\n\n| key | default | values | meaning |\n|---|---|---|---|\n",
             reference.written(), "\n");
}

}  // namespace

std::string reference_markdown() {
  std::string text;
  for (const auto& name : model_names()) {
    Config config;
    config.model.name = name;
    text += table_of("`model.name: " + name + "`", config);
  }
  ExperimentConfig experiment;
  experiment.metrics["NAME"] = {};
  experiment.shares["ARM"] = 1;
  SimulationConfig simulation;
  simulation.arms["ARM"] = {};
  FairnessConfig fairness;
  fairness.members["ATTRIBUTE"] = {};
  fairness.providers["KIND"] = {};
  GateConfig gate;
  gate.metrics["PROTOCOL.METRIC"] = 0;
  gate.slices["KIND"] = 0;
  MappingConfig mapping;
  mapping.events["NAME"] = "";
  mapping.scale["KIND"] = 1;
  mapping.least["KIND"] = -1e6;
  mapping.weights["KIND"].steps["VALUE"] = 0;
  mapping.weights["OTHER"] = {};
  return text + table_of("A mapping", mapping) + table_of("The server", ServerConfig{}) +
         table_of("A policy", PolicyConfig{}) + table_of("An experiment", experiment) +
         table_of("A simulation", simulation) + table_of("Limits of fairness", fairness) +
         table_of("A gate", gate);
}

}  // namespace marquee::configs
