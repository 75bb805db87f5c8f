// The configuration of a training run: a plain value with defaults. Each key's meaning, range and
// default are in config.cpp alone; the YAML reader, the writer of resolved configurations and
// docs/configuration.md take them from there. Start here; yaml.h reads files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace marquee::configs {

struct HistoryConfig {
  std::string encoder = "attention";
  int blocks = 2;
  int heads = 2;
  double dropout = 0.2;
  bool signal = true;
  bool age = true;
};

struct TitleConfig {
  bool features = true;
  double id_dropout = 0.1;
};

// What an event was worth, for the loss "reinforce".
struct EventRewardConfig {
  double signal = 1;
  double horizon_hours = 6;
  double discount = 0.9;
  double return_1 = 0;
  double return_7 = 0;
  double return_28 = 0;
  double visits = 0;
  double visit_discount = 0.95;
};

struct LossConfig {
  std::string kind = "full";
  int in_batch_negatives = 512;
  int uniform_negatives = 512;
  double temperature = 0;  // 0: temperature() says
  bool learn_temperature = false;
  double label_smoothing = 0;
  double calibration = 0.75;
  int top_k = 16;
  double weight_cap = 20;
  EventRewardConfig reward;
  double completion_weight = 0;
  double rating_weight = 0;
  double hide_groups = 0;
};

struct ItemKnnConfig {
  int neighbours = 100;
  double shrinkage = 10;
};

struct EaseConfig {
  double regularisation = 0;  // 0: by the rule in models/classic/ease.h
};

struct IalsConfig {
  double regularisation = 0.003;
  double unobserved_weight = 0;  // 0: by the rule in models/classic/ials.h
  double frequency_exponent = 1;
  double initial_scale = 0.1;
};

// Of mf_ratings and svdpp.
struct RatingsConfig {
  int samples = 16;
  bool features = true;
};

struct BprConfig {
  int negatives = 1;
};

struct NeuralCfConfig {
  std::string form = "neumf";
  std::string loss = "softmax";
  int negatives = 128;
  int mlp_layers = 2;
  int pretrain_steps = 0;
  std::string member = "history";
  double member_dropout = 0.2;
};

// Each model has some of these keys; config.cpp says which.
struct ModelConfig {
  std::string name = "two_tower";
  int dim = 64;
  std::string scores = "inner";
  double prior = 1;
  double dislikes = 0.5;
  HistoryConfig history;
  TitleConfig title;
  LossConfig loss;
  double half_life_days = 0;
  ItemKnnConfig item_knn;
  EaseConfig ease;
  IalsConfig ials;
  RatingsConfig ratings;
  BprConfig bpr;
  NeuralCfConfig neural_cf;
};

struct DataConfig {
  int max_history = 50;
};

// That a model reveals little of any one member; of ials and of models that learn by gradients.
struct PrivacyConfig {
  double epsilon = 0;  // 0: no protection
  double delta = 1e-6;
  int titles_per_member = 20;
  double clip = 1;
};

// Groups of members that training is to be fair to; of models that learn by gradients.
struct GroupsConfig {
  std::string attribute;
  double balance = 1;
};

// Other histories than those that happened, and fewer targets; of models that learn by gradients.
struct AugmentConfig {
  double crop = 0;
  double reorder = 0;
  int last_targets = 0;  // 0: all
};

struct TrainConfig {
  PrivacyConfig privacy;
  GroupsConfig groups;
  AugmentConfig augment;
  int epochs = 20;
  int batch_size = 64;
  double learning_rate = 1e-3;
  double weight_decay = 0.01;
  int warmup_steps = 100;
  double final_learning_rate = 0.1;
  double clip_norm = 1.0;
  double average = 0;
  std::string precision = "float32";
  int64_t seed = 1;
  int validate_every_epochs = 1;
  int validation_users = 10'000;
  int patience = 5;
  int checkpoint_every_steps = 500;
  int keep_checkpoints = 2;
  int log_every_steps = 20;
};

struct Config {
  ModelConfig model;
  DataConfig data;
  TrainConfig train;
};

// The models there are, in the order in which they are listed to users. models/registry.cpp makes
// them; the compiler says so where it forgets one.
enum class ModelKind {
  kTwoTower,
  kPopularity,
  kItemKnn,
  kEase,
  kIals,
  kMfRatings,
  kSvdpp,
  kBpr,
  kNeuralCf,
};
ModelKind kind_of(const ModelConfig& model);  // by its name
// Whether it learns with differential privacy of members.
bool learns_privately(const Config& config);
// Whether it learns what events were worth (the loss "reinforce") and not which come next.
bool learns_rewards(const ModelConfig& model);

// What scores are divided by before the softmax of the loss: as it is set, else 1 for inner
// products and 0.1 for cosines, which are not above 1.
double temperature(const ModelConfig& model);

const std::vector<std::string>& model_names();

// Visits every key that the chosen model has. Keys that the model does not read are not among them,
// so setting one is an error instead of having no effect.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  // Whether keys that other values of the configuration rule out are visited too: a reference lists
  // them, a reader refuses them.
  virtual bool visits_all() const { return false; }
  virtual void section(const std::string& name, const std::string& help,
                       const std::function<void()>& fields) = 0;
  virtual void integer(const std::string& name, int64_t& value, int64_t low, int64_t high,
                       const std::string& help) = 0;
  // The same for an int, whose range fits it.
  void integer(const std::string& name, int& field, int64_t low, int64_t high,
               const std::string& help);
  virtual void real(const std::string& name, double& value, double low, double high,
                    const std::string& help) = 0;
  virtual void boolean(const std::string& name, bool& value, const std::string& help) = 0;
  virtual void choice(const std::string& name, std::string& value,
                      const std::vector<std::string>& choices, const std::string& help) = 0;
  virtual void text(const std::string& name, std::string& value, const std::string& help) = 0;
};

void visit(Config& config, FieldVisitor& visitor);

// Rules that concern several keys: calls `problem` with the wrong key and what is wrong with it.
void check_rules(
    const Config& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem);

}  // namespace marquee::configs
