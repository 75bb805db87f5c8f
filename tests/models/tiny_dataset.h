// Small datasets for tests of models and training.
#pragma once

#include <cstdint>

#include "data/dataset.h"
#include "tests/core/temp_folder.h"

namespace marquee {

struct TinySize {
  int users = 40;
  int titles = 30;
  int events = 25;  // a user
};

// Users walk round the catalogue: after title t comes t + 1, so that the order predicts all but the
// first event. Titles have a genre in turn, actors, a studio, a year.
data::Dataset tiny_dataset(const TempFolder& folder, TinySize size = {});

}  // namespace marquee
