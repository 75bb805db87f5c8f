// An interval as every report writes it.
#pragma once

#include "core/json.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

inline Json interval_json(const Interval& each) {
  return {{"value", each.value}, {"low", each.low}, {"high", each.high}};
}

}  // namespace marquee::evaluation
