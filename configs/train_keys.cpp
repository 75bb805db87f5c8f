#include "configs/train_keys.h"

namespace marquee::configs {

namespace {

void visit_privacy(PrivacyConfig& c, FieldVisitor& v, bool by_gradients) {
  v.real("epsilon", c.epsilon, 0, 1e6,
         "how much the model may reveal of any one member: members cannot be distinguished "
         "from others better than by a factor of e^epsilon; 0: no protection");
  if (c.epsilon == 0 && !v.visits_all()) return;
  v.real("delta", c.delta, 1e-15, 0.1,
         "with an epsilon: probability that more is revealed; below 1 over the number of members");
  v.integer("titles_per_member", c.titles_per_member, 1, 100'000,
            "with an epsilon: titles of a member that count, drawn at random if there are more");
  if (!by_gradients) return;
  v.real("clip", c.clip, 1e-6, 1e6,
         "with an epsilon: largest norm of the gradient of one member; replaces clip_norm");
}

void visit_validation(TrainConfig& c, FieldVisitor& v) {
  v.integer("validate_every_epochs", c.validate_every_epochs, 1, 10'000,
            "epochs between validations");
  v.integer("validation_users", c.validation_users, 1, 100'000'000,
            "users scored at a validation; a fixed sample if there are more");
  if (c.privacy.epsilon == 0 || v.visits_all()) {
    v.integer("patience", c.patience, 0, 10'000,
              "validations without a better score (RMSE of mf_ratings and svdpp, else NDCG@10) "
              "before training stops; 0: never stop early");
  }
  v.integer("keep_checkpoints", c.keep_checkpoints, 2, 1'000, "newest checkpoints kept");
}

void visit_groups(GroupsConfig& c, FieldVisitor& v) {
  v.text("attribute", c.attribute,
         "column of the users file whose groups are balanced, or hidden (model.loss.hide_groups); "
         "\"\": none");
  if (c.attribute.empty() && !v.visits_all()) return;
  v.real("balance", c.balance, 0, 1,
         "with an attribute: 0, groups count by what their members did; 1, all groups the same");
}

void visit_augment(AugmentConfig& c, FieldVisitor& v) {
  v.real("crop", c.crop, 0, 1, "share of histories that begin at one of their later events");
  v.real("reorder", c.reorder, 0, 1,
         "share of histories of which a fifth, in one piece, is in another order; what would be "
         "predicted from its own later place is no target then");
  v.integer("last_targets", c.last_targets, 0, 1'000'000,
            "only so many of the last events of a history are targets; 0: all");
}

}  // namespace

void visit_rounds(TrainConfig& c, FieldVisitor& v) {
  v.integer("epochs", c.epochs, 1, 10'000, "passes over the training data at most");
  visit_validation(c, v);
}

void visit_private_rounds(TrainConfig& c, FieldVisitor& v) {
  v.section("privacy", "differential privacy of members",
            [&] { visit_privacy(c.privacy, v, /*by_gradients=*/false); });
  visit_rounds(c, v);
}

void visit_steps(TrainConfig& c, FieldVisitor& v) {
  v.section("privacy", "differential privacy of members",
            [&] { visit_privacy(c.privacy, v, /*by_gradients=*/true); });
  v.section("groups", "fairness to groups of members", [&] { visit_groups(c.groups, v); });
  v.section("augment", "other histories than those that happened",
            [&] { visit_augment(c.augment, v); });
  v.integer("epochs", c.epochs, 1, 10'000, "passes over the training data at most");
  v.integer("batch_size", c.batch_size, 1, 1'048'576, "histories per step");
  v.real("learning_rate", c.learning_rate, 1e-7, 10, "peak learning rate of AdamW");
  v.real("weight_decay", c.weight_decay, 0, 10, "decoupled weight decay of AdamW");
  v.integer("warmup_steps", c.warmup_steps, 0, 1'000'000, "steps of linear warm-up");
  v.real("final_learning_rate", c.final_learning_rate, 0, 1,
         "where the cosine schedule ends, as a share of the peak");
  if (c.privacy.epsilon == 0 || v.visits_all()) {
    v.real("clip_norm", c.clip_norm, 0, 1e6, "largest norm of the gradient; 0: not clipped");
  }
  v.real(
      "average", c.average, 0, 0.9999,
      "what the running mean of the weights keeps of itself in a step; the mean is validated and "
      "exported; 0: the weights themselves");
  v.choice(
      "precision", c.precision, {"float32", "bf16"},
      "arithmetic of the forward and backward pass; weights stay float32. On a processor bf16 is "
      "for those with AVX512_BF16: factors of large products are rounded");
  v.integer("checkpoint_every_steps", c.checkpoint_every_steps, 1, 1'000'000'000,
            "steps between checkpoints");
  v.integer("log_every_steps", c.log_every_steps, 1, 1'000'000,
            "steps between log records; the loss is read back from the device only then");
  visit_validation(c, v);
}

}  // namespace marquee::configs
