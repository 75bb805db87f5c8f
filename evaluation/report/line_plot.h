// Lines over a count or a time from 0, with their legend, as a figure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evaluation/report/svg.h"

namespace marquee::evaluation {

class LinePlot {
 public:
  struct Range {
    double end = 0, least = 0, most = 1;  // of what runs from 0; of values
  };
  LinePlot(std::string title, const Range& range);

  // points: (what runs, value), in their order.
  void add(const std::string& name, std::vector<std::pair<double, double>> points);

  // `note`: text below the title.
  std::string finish(const std::string& note);

 private:
  const std::string title_;
  const Scale y_, x_;
  Svg svg_;
  std::string legend_;
  size_t lines_ = 0;
};

}  // namespace marquee::evaluation
