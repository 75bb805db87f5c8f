#include "policy/normal_equations.h"

#include <cmath>

namespace marquee::policy {

std::optional<std::vector<double>> solved(std::vector<std::vector<double>> matrix,
                                          std::vector<double> right, double least) {
  auto& lower = matrix;  // in place
  auto& x = right;
  const size_t n = x.size();
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      for (size_t k = 0; k < j; ++k) lower[i][j] -= lower[i][k] * lower[j][k];
      if (i == j && !(lower[i][i] > least)) return std::nullopt;
      lower[i][j] = i == j ? std::sqrt(lower[i][i]) : lower[i][j] / lower[j][j];
    }
    for (size_t k = 0; k < i; ++k) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return right;
}

}  // namespace marquee::policy
