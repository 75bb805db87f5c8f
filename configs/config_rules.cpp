// Rules of a training configuration that concern several keys.
#include "configs/config.h"
#include "core/text.h"

namespace marquee::configs {

namespace {

// What would mix the data of several members into the gradient of one.
void check_private(const Config& c,
                   const std::function<void(const std::string&, const std::string&)>& problem) {
  const ModelConfig& m = c.model;
  const std::string why = "with train.privacy.epsilon: ";
  if (!c.train.groups.attribute.empty()) problem("train.groups.attribute", why + "must be empty");
  if (kind_of(m) == ModelKind::kNeuralCf && m.neural_cf.pretrain_steps > 0) {
    problem("model.pretrain_steps", why + "must be 0");
  }
  if (kind_of(m) == ModelKind::kNeuralCf && m.neural_cf.member != "history") {
    problem("model.member", why + "must be history, a vector of one's own cannot be hidden");
  }
  if (kind_of(m) != ModelKind::kTwoTower) return;
  if (m.loss.kind == "reinforce") {
    problem("model.loss.kind", why + "\"reinforce\" is not there; choose full, sampled or gbce");
  }
  if (m.loss.kind == "sampled" && m.loss.in_batch_negatives > 0) {
    problem("model.loss.in_batch_negatives", why + "must be 0, a member learns alone");
  }
  if (m.loss.rating_weight > 0) problem("model.loss.rating_weight", why + "must be 0");
}

}  // namespace

void check_rules(const Config& c,
                 const std::function<void(const std::string&, const std::string&)>& problem) {
  if (learns_privately(c)) check_private(c, problem);
  const bool two_tower = kind_of(c.model) == ModelKind::kTwoTower;
  const bool hides = two_tower && c.model.loss.hide_groups > 0;
  if (!c.train.groups.attribute.empty() && c.train.groups.balance == 0 && !hides) {
    problem("train.groups.attribute",
            cat("nothing uses it; set train.groups.balance",
                two_tower ? " or model.loss.hide_groups" : "", " above 0"));
  }
  if (!two_tower && kind_of(c.model) != ModelKind::kNeuralCf) return;
  if (c.model.history.encoder != "mean" && c.model.dim % c.model.history.heads != 0) {
    problem("model.history.heads",
            cat(c.model.history.heads, " does not divide model.dim ", c.model.dim));
  }
  constexpr double kLeastTemperature = 0.01;
  const double temperature = c.model.loss.temperature;
  if (two_tower && temperature > 0 && temperature < kLeastTemperature) {
    problem("model.loss.temperature", cat(temperature, " is below ", kLeastTemperature));
  }
  if (hides && c.train.groups.attribute.empty()) {
    problem("model.loss.hide_groups", "needs train.groups.attribute, which says what to hide");
  }
  if (two_tower && c.model.loss.kind == "sampled" &&
      c.model.loss.in_batch_negatives + c.model.loss.uniform_negatives == 0) {
    problem("model.loss.kind", "\"sampled\" needs in_batch_negatives or uniform_negatives above 0");
  }
  if (two_tower && c.model.loss.kind == "gbce" && c.model.loss.uniform_negatives == 0) {
    problem("model.loss.kind", "\"gbce\" needs uniform_negatives above 0");
  }
}

}  // namespace marquee::configs
