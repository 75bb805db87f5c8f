#include "training/run_log.h"

#include "core/text.h"

namespace marquee::training {

namespace fs = std::filesystem;

namespace {
// Keeps the whole records up to `step`; the last line of a killed run may be half a record.
fs::path kept_until(const fs::path& file, int64_t step) {
  if (!fs::exists(file)) return file;
  std::string kept;
  for (const auto& line : split(read_file(file), '\n')) {
    const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (record.is_object() && record.value("step", int64_t{0}) <= step) kept += line + "\n";
  }
  write_file_atomically(file, kept);
  return file;
}
}  // namespace

RunLog::RunLog(const fs::path& run, const configs::Config& config, const TrainingState& state,
               int64_t events_per_epoch)
    : metrics_(kept_until(run / "metrics.jsonl", state.step), "ab"),
      tensorboard_(run / "tensorboard"),
      progress_("training", config.train.epochs * events_per_epoch, "events"),
      epochs_(config.train.epochs),
      events_per_epoch_(events_per_epoch) {}

void RunLog::write(const Json& record) {
  metrics_.write(record.dump() + "\n");
  metrics_.flush();
  tensorboard_.flush();
}

void RunLog::loss(const TrainingState& state, double loss, double learning_rate) {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - since_).count();
  const double rate = seconds > 0 ? static_cast<double>(events_) / seconds : 0;
  since_ = now;
  events_ = 0;
  last_loss_ = loss;
  tensorboard_.scalar("train/loss", state.step, loss);
  tensorboard_.scalar("train/learning_rate", state.step, learning_rate);
  tensorboard_.scalar("train/events_per_second", state.step, rate);
  write({{"step", state.step},
         {"epoch", state.epoch},
         {"loss", loss},
         {"learning_rate", learning_rate},
         {"events_per_second", rate}});
}

void RunLog::validated(const TrainingState& state, const ValidationScore& score) {
  last_ndcg_ = score.ndcg;
  tensorboard_.scalar("valid/ndcg@10", state.step, score.ndcg);
  tensorboard_.scalar("valid/hr@10", state.step, score.hit_rate);
  write({{"step", state.step},
         {"epoch", state.epoch},
         {"valid_ndcg@10", score.ndcg},
         {"valid_hr@10", score.hit_rate},
         {"members", score.members}});
  since_ = Clock::now();
  events_ = 0;
}

void RunLog::live(const TrainingState& state, double epoch_share) {
  const double done =
      (static_cast<double>(state.epoch) + epoch_share) * static_cast<double>(events_per_epoch_);
  std::string note = cat("epoch ", std::min(state.epoch + 1, epochs_), "/", epochs_);
  if (last_loss_ > 0) note += "  loss " + fixed(last_loss_, 4);
  if (last_ndcg_ >= 0) note += cat("  ndcg@10 ", fixed(last_ndcg_, 4));
  progress_.update(static_cast<int64_t>(done), note);
}

void RunLog::finish() { progress_.finish(); }

}  // namespace marquee::training
