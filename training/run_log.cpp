#include "training/run_log.h"

#include "core/text.h"

namespace marquee::training {

namespace fs = std::filesystem;

namespace {
// Keeps the complete records up to `state`; the last line of a killed run may be half a record. A
// checkpoint after the last step of an epoch is from before its validation, whose record has the
// same step and the next epoch.
fs::path kept_until(const fs::path& file, const TrainingState& state) {
  if (!fs::exists(file)) return file;
  std::string kept;
  for (const auto& line : split(read_file(file), '\n')) {
    const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object() || record.value("step", int64_t{0}) > state.step) continue;
    if (record.value("epoch", int64_t{0}) <= state.epoch) kept += line + "\n";
  }
  write_file_atomically(file, kept);
  return file;
}
}  // namespace

RunLog::RunLog(const fs::path& run, RunLength length, const TrainingState& state)
    : metrics_(kept_until(run / "metrics.jsonl", state), "ab"),
      tensorboard_(run / "tensorboard"),
      progress_("training", length.epochs * length.events_an_epoch, "events"),
      length_(length) {}

void RunLog::write(const Json& record) {
  metrics_.write(record.dump() + "\n");
  metrics_.flush();
  tensorboard_.flush();
}

void RunLog::loss(const TrainingState& state, double loss, std::optional<double> learning_rate) {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - since_).count();
  const double rate = seconds > 0 ? static_cast<double>(events_) / seconds : 0;
  since_ = now;
  events_ = 0;
  last_loss_ = loss;
  tensorboard_.scalar("train/loss", state.step, loss);
  if (learning_rate) tensorboard_.scalar("train/learning_rate", state.step, *learning_rate);
  tensorboard_.scalar("train/events_per_second", state.step, rate);
  Json record = {{"step", state.step}, {"epoch", state.epoch}, {"loss", loss}};
  if (learning_rate) record["learning_rate"] = *learning_rate;
  record["events_per_second"] = rate;
  write(record);
}

void RunLog::validated(const TrainingState& state, const ValidationScore& score) {
  last_score_ = score;
  if (score.ndcg >= 0) {
    tensorboard_.scalar("valid/ndcg@10", state.step, score.ndcg);
    tensorboard_.scalar("valid/hr@10", state.step, score.hit_rate);
  }
  if (score.rmse >= 0) tensorboard_.scalar("valid/rmse", state.step, score.rmse);
  Json record = {{"step", state.step}, {"epoch", state.epoch}};
  add_to(record, score);
  write(record);
  since_ = Clock::now();
  events_ = 0;
}

void RunLog::live(const TrainingState& state, double epoch_share) {
  const double done = (static_cast<double>(state.epoch) + epoch_share) *
                      static_cast<double>(length_.events_an_epoch);
  std::string note = cat("epoch ", std::min(state.epoch + 1, length_.epochs), "/", length_.epochs);
  if (last_loss_ > 0) note += "  loss " + fixed(last_loss_, 4);
  if (last_score_.measured()) note += "  " + describe(last_score_);
  progress_.update(static_cast<int64_t>(done), note);
}

void RunLog::finish() { progress_.finish(); }

}  // namespace marquee::training
