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

}  // namespace marquee::training
