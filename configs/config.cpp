#include "configs/config.h"

#include <limits>

#include "core/text.h"

namespace marquee::configs {

namespace {

// int fields pass through the visitor as int64_t; their ranges fit an int.
void integer(FieldVisitor& v, const std::string& name, int& field, int64_t low, int64_t high,
             const std::string& help) {
  int64_t value = field;
  v.integer(name, value, low, high, help);
  field = static_cast<int>(value);
}

void visit_history(HistoryConfig& c, FieldVisitor& v) {
  v.choice("encoder", c.encoder, {"attention", "mean"},
           "how a history becomes a vector: causal self-attention over its order, or the mean of "
           "its titles");
  if (c.encoder == "attention" || v.visits_all()) {
    integer(v, "blocks", c.blocks, 1, 16, "with encoder attention: self-attention blocks");
    integer(v, "heads", c.heads, 1, 64, "with encoder attention: heads; must divide model.dim");
  }
  v.real("dropout", c.dropout, 0, 0.95, "share of activations dropped while training");
  v.boolean("signal", c.signal, "tell the model how much each title was liked");
  v.boolean("age", c.age, "tell the model how much time passed after each event");
}

void visit_title(TitleConfig& c, FieldVisitor& v) {
  v.boolean("features", c.features,
            "use genres, actors, directors, studios, language, year and runtime beside the title's "
            "own embedding");
  if (c.features || v.visits_all()) {
    v.real("id_dropout", c.id_dropout, 0, 0.95,
           "with features: share of titles whose own embedding is left out of a step, so that "
           "features alone also "
           "work (new titles)");
  }
}

void visit_loss(LossConfig& c, FieldVisitor& v) {
  v.choice("kind", c.kind, {"full", "sampled"},
           "softmax over the whole catalogue, or over sampled titles with logQ correction");
  if (c.kind == "sampled" || v.visits_all()) {
    integer(
        v, "in_batch_negatives", c.in_batch_negatives, 0, 65'536,
        "with kind sampled: negatives taken from the batch's other targets (popular titles more "
        "often)");
    integer(v, "uniform_negatives", c.uniform_negatives, 0, 65'536,
            "with kind sampled: negatives drawn uniformly from the catalogue");
  }
  v.real("temperature", c.temperature, 0.01, 100, "scores are divided by it before the softmax");
}

void visit_train(TrainConfig& c, FieldVisitor& v) {
  integer(v, "epochs", c.epochs, 1, 10'000, "passes over the training data at most");
  integer(v, "batch_size", c.batch_size, 1, 1'048'576, "histories a step");
  v.real("learning_rate", c.learning_rate, 1e-7, 10, "peak learning rate of AdamW");
  v.real("weight_decay", c.weight_decay, 0, 10, "decoupled weight decay of AdamW");
  integer(v, "warmup_steps", c.warmup_steps, 0, 1'000'000, "steps of linear warm-up");
  v.real("final_learning_rate", c.final_learning_rate, 0, 1,
         "where the cosine schedule ends, as a share of the peak");
  v.real("clip_norm", c.clip_norm, 0, 1e6, "largest norm of the gradient; 0: not clipped");
  v.choice("precision", c.precision, {"float32", "bf16"},
           "arithmetic of the forward and backward pass; weights stay float32");
  integer(v, "validate_every_epochs", c.validate_every_epochs, 1, 10'000,
          "epochs between validations");
  integer(v, "validation_users", c.validation_users, 1, 100'000'000,
          "members judged at a validation, a fixed sample where there are more");
  integer(v, "patience", c.patience, 0, 10'000,
          "validations without a better NDCG@10 before training stops; 0: never stop early");
  integer(v, "checkpoint_every_steps", c.checkpoint_every_steps, 1, 1'000'000'000,
          "steps between checkpoints");
  integer(v, "keep_checkpoints", c.keep_checkpoints, 2, 1'000, "newest checkpoints kept");
  integer(v, "log_every_steps", c.log_every_steps, 1, 1'000'000,
          "steps between log records; the loss is read back from the device only then");
}

}  // namespace

const std::vector<std::string>& model_names() {
  static const std::vector<std::string> names = {"two_tower", "popularity"};
  return names;
}

void visit(Config& config, FieldVisitor& v) {
  v.section("model", "what is learned", [&] {
    auto& m = config.model;
    v.choice("name", m.name, model_names(), "the model; see docs/models.md");
    if (m.name == "popularity") {
      v.real("half_life_days", m.half_life_days, 0, 36'500,
             "days after which an event counts half; 0: all count the same");
    }
    if (m.name != "two_tower") return;
    integer(v, "dim", m.dim, 1, 4'096, "width of the vectors of members and titles");
    v.section("history", "the user tower", [&] { visit_history(m.history, v); });
    v.section("title", "the title tower", [&] { visit_title(m.title, v); });
    v.section("loss", "what is minimised", [&] { visit_loss(m.loss, v); });
  });
  v.section("data", "what the model is told", [&] {
    integer(v, "max_history", config.data.max_history, 1, 10'000,
            "newest events of a member that a model looks at");
  });
  v.section("train", "how it is learned", [&] {
    v.integer("seed", config.train.seed, 0, std::numeric_limits<int64_t>::max(),
              "same seed, data, machine and number of threads: same model");
    if (config.model.name == "two_tower") visit_train(config.train, v);
  });
}

void check_rules(const Config& c,
                 const std::function<void(const std::string&, const std::string&)>& problem) {
  if (c.model.name != "two_tower") return;
  if (c.model.history.encoder == "attention" && c.model.dim % c.model.history.heads != 0) {
    problem("model.history.heads",
            cat(c.model.history.heads, " does not divide model.dim ", c.model.dim));
  }
  if (c.model.loss.kind == "sampled" &&
      c.model.loss.in_batch_negatives + c.model.loss.uniform_negatives == 0) {
    problem("model.loss.kind", "\"sampled\" needs in_batch_negatives or uniform_negatives above 0");
  }
}

}  // namespace marquee::configs
