#include "training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace marquee::training {

double learning_rate(const configs::TrainConfig& config, ScheduleProgress progress) {
  const double cosine =
      0.5 * (1 + std::cos(std::numbers::pi * std::clamp(progress.progress, 0., 1.)));
  const double floor = config.final_learning_rate;
  const double annealed = config.learning_rate * (floor + (1 - floor) * cosine);
  if (progress.step >= config.warmup_steps) return annealed;
  return annealed * static_cast<double>(progress.step + 1) / (config.warmup_steps + 1);
}

bool logs_at(const configs::TrainConfig& config, int64_t step) {
  return step % config.log_every_steps == 0;
}

bool checkpoints_at(const configs::TrainConfig& config, int64_t step) {
  return step % config.checkpoint_every_steps == 0;
}

bool validates_at(const configs::TrainConfig& config, int64_t epoch, int64_t epochs) {
  return epoch == epochs || epoch % config.validate_every_epochs == 0;
}

}  // namespace marquee::training
