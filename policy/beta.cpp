#include "policy/beta.h"

#include <cmath>

namespace marquee::policy {

double gamma_draw(RandomStream& random, double shape) {
  if (shape < 1) {
    const double boosted = gamma_draw(random, shape + 1);
    return boosted * std::pow(1 - random.uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = 1 - random.uniform();  // above 0
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double beta_draw(RandomStream& random, double alpha, double beta) {
  const double a = gamma_draw(random, alpha), b = gamma_draw(random, beta);
  return a + b > 0 ? a / (a + b) : 0.5;
}

}  // namespace marquee::policy
