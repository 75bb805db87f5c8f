#include "configs/config.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "configs/train_keys.h"
#include "core/text.h"

namespace marquee::configs {

void FieldVisitor::integer(const std::string& name, int& field, int64_t low, int64_t high,
                           const std::string& help) {
  int64_t value = field;
  integer(name, value, low, high, help);
  field = static_cast<int>(value);
}

namespace {

void visit_history(HistoryConfig& c, FieldVisitor& v) {
  v.choice(
      "encoder", c.encoder, {"attention", "ligr", "hstu", "mean"},
      "how a history becomes a vector: causal self-attention over its order (SASRec), the same "
      "with gates (LiGR), aggregated attention with a bias of time (HSTU), or the mean of its "
      "titles");
  if (c.encoder != "mean" || v.visits_all()) {
    v.integer("blocks", c.blocks, 1, 16, "with encoder attention, ligr or hstu: blocks");
    v.integer("heads", c.heads, 1, 64,
              "with encoder attention, ligr or hstu: heads; must divide model.dim");
  }
  v.real("dropout", c.dropout, 0, 0.95, "share of activations dropped while training");
  v.boolean("signal", c.signal, "give the model how much each title was liked");
  v.boolean("age", c.age, "give the model how much time passed after each event");
}

void visit_dim(ModelConfig& m, FieldVisitor& v) {
  v.integer("dim", m.dim, 1, 4'096, "width of the vectors of users and titles");
}

void visit_title(TitleConfig& c, FieldVisitor& v) {
  v.boolean("features", c.features,
            "use genres, actors, directors, studios, language, year and runtime beside the title's "
            "own embedding");
  if (c.features || v.visits_all()) {
    v.real("id_dropout", c.id_dropout, 0, 0.95,
           "with features: share of titles whose own embedding is left out of a step, so that "
           "features also work alone (new titles)");
  }
}

void visit_event_reward(EventRewardConfig& c, FieldVisitor& v) {
  v.real("signal", c.signal, 0, 1e3,
         "weight of how much the title was liked, and of what was played after it");
  v.real("horizon_hours", c.horizon_hours, 0, 24 * 28,
         "how long after it what is played counts; 0: the event alone");
  v.real("discount", c.discount, 0, 1, "what the weight falls by with each further event");
  v.real("return_1", c.return_1, 0, 1e3, "weight of coming back within a day");
  v.real("return_7", c.return_7, 0, 1e3, "weight of coming back within 7 days");
  v.real("return_28", c.return_28, 0, 1e3, "weight of coming back within 28 days");
  v.real("visits", c.visits, 0, 1e3, "weight of the later visits, each discounted by its day");
  v.real("visit_discount", c.visit_discount, 0, 0.999,
         "what the weight of a later visit falls by with each day until it");
}

void visit_loss(LossConfig& c, FieldVisitor& v) {
  v.choice("kind", c.kind, {"full", "sampled", "gbce", "reinforce"},
           "softmax over the whole catalogue; softmax over sampled titles with logQ correction; "
           "binary cross-entropy over sampled titles, calibrated (gSASRec); or what was earned, by "
           "REINFORCE with top-K off-policy correction");
  if (c.kind == "sampled" || v.visits_all()) {
    v.integer(
        "in_batch_negatives", c.in_batch_negatives, 0, 65'536,
        "with kind sampled: negatives taken from the batch's other targets (popular titles more "
        "often)");
  }
  if (c.kind == "sampled" || c.kind == "gbce" || v.visits_all()) {
    v.integer("uniform_negatives", c.uniform_negatives, 0, 65'536,
              "with kind sampled or gbce: negatives drawn uniformly from the catalogue");
  }
  if (c.kind == "gbce" || v.visits_all()) {
    v.real("calibration", c.calibration, 0, 1,
           "with kind gbce: from 0, plain binary cross-entropy, to 1, as if all titles had been "
           "negatives");
  }
  if (c.kind == "full" || v.visits_all()) {
    v.real("label_smoothing", c.label_smoothing, 0, 0.9,
           "with kind full: share of each target that is spread over all titles");
  }
  v.real("temperature", c.temperature, 0, 100,
         "scores are divided by it; 0: 1 where model.scores is inner, 0.1 where it is cosine");
  v.boolean("learn_temperature", c.learn_temperature,
            "begin with this temperature and learn it with the model");
  if (c.kind == "reinforce" || v.visits_all()) {
    v.integer("top_k", c.top_k, 1, 1'000, "with kind reinforce: titles that are shown together");
    v.real("weight_cap", c.weight_cap, 0, 1e9,
           "with kind reinforce: most that an event weighs for being shown less often in the log "
           "than by the model; 0: each reward weighs as it was logged, and top_k does not matter");
    v.section("reward", "with kind reinforce: what an event was worth",
              [&] { visit_event_reward(c.reward, v); });
  }
  v.real("completion_weight", c.completion_weight, 0, 1e3,
         "weight of also predicting how much of a title is watched; 0: not learned");
  v.real("rating_weight", c.rating_weight, 0, 1e3,
         "weight of also predicting ratings, so that the bundle can predict; 0: not learned");
  v.real(
      "hide_groups", c.hide_groups, 0, 1e3,
      "weight of what the best reader of train.groups.attribute knows from vectors of members, so "
      "that they hide it (adversarial training); 0: nothing is hidden");
}

void visit_popularity(ModelConfig& m, FieldVisitor& v) {
  v.real("half_life_days", m.half_life_days, 0, 36'500,
         "days after which an event counts half; 0: all count the same");
}

void visit_prior(ModelConfig& m, FieldVisitor& v) {
  v.real("prior", m.prior, 0, 1e6,
         "for members with little history: how many titles watched by everybody weighs; the share "
         "of members with a title counts prior / (prior + titles in the history)");
}

// Of models that score by titles of the history.
void visit_dislikes(ModelConfig& m, FieldVisitor& v) {
  v.real("dislikes", m.dislikes, 0, 100,
         "how much a title that was disliked counts against titles like it, of what a liked one "
         "counts for them; 0: not at all");
}

// Of models that learn by steps of a loss.
void visit_disliked(ModelConfig& m, FieldVisitor& v) {
  v.real("dislikes", m.dislikes, 0, 1e3,
         "weight of learning that a title which was disliked scores below the usual one; 0: not "
         "learned");
}

void visit_item_knn(ModelConfig& m, FieldVisitor& v) {
  v.integer("neighbours", m.item_knn.neighbours, 1, 100'000, "most similar titles kept per title");
  v.real("shrinkage", m.item_knn.shrinkage, 0, 1e6,
         "damps the similarity of titles that few members have in common");
  visit_prior(m, v);
  visit_dislikes(m, v);
}

void visit_ease(ModelConfig& m, FieldVisitor& v) {
  v.real("regularisation", m.ease.regularisation, 0, 1e9,
         "L2 penalty of the weights; 0: 10 times the root of the interactions of a title");
  visit_prior(m, v);
  visit_dislikes(m, v);
}

void visit_ials(ModelConfig& m, FieldVisitor& v) {
  visit_dim(m, v);
  v.real("regularisation", m.ials.regularisation, 1e-9, 1e6,
         "L2 penalty of the vectors, scaled by how often a user or title occurs");
  v.real("unobserved_weight", m.ials.unobserved_weight, 0, 1e3,
         "weight of a pair without an interaction; a pair with one has weight 1. 0: so that all "
         "pairs without one weigh as much as 60 times the interactions of a member, at most 1,000");
  v.real("frequency_exponent", m.ials.frequency_exponent, 0, 1,
         "0: the same penalty for all; 1: in proportion to how often they occur");
  v.real("initial_scale", m.ials.initial_scale, 1e-6, 10,
         "standard deviation of the first vectors, divided by the root of dim");
  visit_prior(m, v);
  v.real("dislikes", m.dislikes, 0, 100,
         "scores of titles that were disliked are to be near minus this, with the weight of an "
         "interaction; 0: they are as those of other titles");
}

void visit_ratings(ModelConfig& m, FieldVisitor& v) {
  v.integer("dim", m.dim, 1, 256, "factors of users and titles");
  v.integer("samples", m.ratings.samples, 1, 256,
            "newest draws that are kept and averaged; vectors are dim + 1 times as wide");
  v.boolean("features", m.ratings.features,
            "predict a title's factors from its genres, actors, directors, studios, language, year "
            "and runtime");
}

void visit_bpr(ModelConfig& m, FieldVisitor& v) {
  visit_dim(m, v);
  v.integer("negatives", m.bpr.negatives, 1, 65'536, "titles drawn uniformly for each target");
  visit_disliked(m, v);
}

void visit_neural_cf(ModelConfig& m, FieldVisitor& v) {
  auto& c = m.neural_cf;
  v.choice(
      "form", c.form, {"neumf", "gmf", "mlp"},
      "how user and title are combined: a weighted inner product (gmf), a perceptron (mlp), or "
      "both");
  visit_dim(m, v);
  if (c.form != "gmf" || v.visits_all()) {
    v.integer(
        "mlp_layers", c.mlp_layers, 1, 8,
        "with form mlp or neumf: hidden layers, the first as wide as dim, each half as wide as "
        "the one before");
  }
  v.choice("loss", c.loss, {"softmax", "bce"},
           "what is minimised: softmax over the target and sampled titles with logQ correction, or "
           "binary cross-entropy of each");
  v.integer("negatives", c.negatives, 1, 65'536,
            "titles sampled per step: half from its other targets, half from the catalogue; with "
            "train.privacy.epsilon all from the catalogue");
  if (c.form == "neumf" || v.visits_all()) {
    v.integer(
        "pretrain_steps", c.pretrain_steps, 0, 1'000'000'000,
        "with form neumf: steps in which gmf and mlp learn separately, before they are joined");
  }
  visit_disliked(m, v);
  v.choice("member", c.member, {"history", "id", "both"},
           "what a user is encoded from: the history, a vector of their own that is learned with "
           "their id, or the sum of both; without a known id both is the history and id the mean "
           "of the vectors");
  if (c.member == "both" || v.visits_all()) {
    v.real("member_dropout", c.member_dropout, 0, 1,
           "with member both: share of targets for which the id is left out, so that users "
           "without one are learned as well");
  }
  if (c.member != "id" || v.visits_all()) {
    v.section("history", "the user tower", [&] { visit_history(m.history, v); });
  }
  v.section("title", "the title tower", [&] { visit_title(m.title, v); });
}

void visit_two_tower(ModelConfig& m, FieldVisitor& v) {
  visit_dim(m, v);
  v.choice("scores", m.scores, {"inner", "cosine"},
           "of a title for a user: the inner product of their vectors, or its cosine, which does "
           "not know how long they are");
  visit_disliked(m, v);
  v.section("history", "the user tower", [&] { visit_history(m.history, v); });
  v.section("title", "the title tower", [&] { visit_title(m.title, v); });
  v.section("loss", "what is minimised", [&] { visit_loss(m.loss, v); });
}

// The sections that a model reads; `train` is null where it learns in one round.
struct ModelKeys {
  ModelKind kind;
  const char* name;
  void (*model)(ModelConfig&, FieldVisitor&);
  void (*train)(TrainConfig&, FieldVisitor&);
};

// In the order in which they are listed to users.
constexpr ModelKeys kModels[] = {
    {ModelKind::kTwoTower, "two_tower", visit_two_tower, visit_steps},
    {ModelKind::kPopularity, "popularity", visit_popularity, nullptr},
    {ModelKind::kItemKnn, "item_knn", visit_item_knn, nullptr},
    {ModelKind::kEase, "ease", visit_ease, nullptr},
    {ModelKind::kIals, "ials", visit_ials, visit_private_rounds},
    {ModelKind::kMfRatings, "mf_ratings", visit_ratings, visit_rounds},
    {ModelKind::kSvdpp, "svdpp", visit_ratings, visit_rounds},
    {ModelKind::kBpr, "bpr", visit_bpr, visit_steps},
    {ModelKind::kNeuralCf, "neural_cf", visit_neural_cf, visit_steps},
};

const ModelKeys& keys_of(const std::string& name) {
  return *std::find_if(std::begin(kModels), std::end(kModels),
                       [&](const auto& keys) { return keys.name == name; });
}

}  // namespace

ModelKind kind_of(const ModelConfig& model) { return keys_of(model.name).kind; }

bool learns_privately(const Config& config) { return config.train.privacy.epsilon > 0; }

bool learns_rewards(const ModelConfig& model) {
  return kind_of(model) == ModelKind::kTwoTower && model.loss.kind == "reinforce";
}

double temperature(const ModelConfig& model) {
  if (model.loss.temperature > 0) return model.loss.temperature;
  return model.scores == "cosine" ? 0.1 : 1;
}

const std::vector<std::string>& model_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& keys : kModels) all.emplace_back(keys.name);
    return all;
  }();
  return names;
}

void visit(Config& config, FieldVisitor& v) {
  v.section("model", "what is learned", [&] {
    v.choice("name", config.model.name, model_names(), "the model; see docs/models.md");
    keys_of(config.model.name).model(config.model, v);
  });
  v.section("data", "what the model reads", [&] {
    v.integer("max_history", config.data.max_history, 1, 10'000,
              "newest events of a user that a model reads");
  });
  v.section("train", "how it is learned", [&] {
    v.integer(
        "seed", config.train.seed, 0, std::numeric_limits<int64_t>::max(),
        "same seed, data, machine and number of threads: same model, unless it learns privately");
    if (const auto train = keys_of(config.model.name).train) train(config.train, v);
  });
}

}  // namespace marquee::configs
