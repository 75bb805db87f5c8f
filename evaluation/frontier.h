// What more varied lists cost: a bundle's lists at several strengths of diversity, made by the
// stage that serves them, against its ranking as it is.
#pragma once

#include <optional>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

// The points of `answers.diversified`, in their order; empty where there are none.
std::vector<FrontierPoint> make_frontier(const Questions& questions, const Answers& answers,
                                         const BootstrapOptions& bootstrap);

// The point that is furthest from the line between the ranking as it is and the last one, where
// more diversity begins to cost more; nothing where no point is above that line.
std::optional<size_t> knee(const std::vector<FrontierPoint>& frontier);

}  // namespace marquee::evaluation
