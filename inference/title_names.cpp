#include "inference/title_names.h"

namespace marquee::inference {

TitleNames::TitleNames(const TitleTable& titles) {
  ends_.reserve(static_cast<size_t>(titles.size()) + 2);
  ends_.push_back(0);
  for (int64_t title = 0; title <= titles.size(); ++title) {
    for (uint32_t feature = 0; feature < data::kFeatures; ++feature) {
      for (const uint32_t value : titles[title].features[feature]) {
        names_.push_back({value * data::kFeatures + feature});
      }
    }
    ends_.push_back(names_.size());
  }
  names_.push_back({0});  // for a prefetch behind the last
}

}  // namespace marquee::inference
