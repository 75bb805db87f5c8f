// The equations of least squares, which several estimates of this room solve.
#pragma once

#include <optional>
#include <vector>

namespace marquee::policy {

// x of matrix · x = right, by Cholesky's factor. matrix: symmetric; only its lower half is read.
// Nothing where it is not positive definite: where a pivot is not above `least`.
std::optional<std::vector<double>> solved(std::vector<std::vector<double>> matrix,
                                          std::vector<double> right, double least = 0);

}  // namespace marquee::policy
