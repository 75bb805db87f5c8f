#include "inference/reason_texts.h"

#include "core/text.h"

namespace marquee::inference {

std::string because_reason(std::string_view title_name, bool liked) {
  return cat("because you ", liked ? "liked " : "watched ", title_name);
}

std::string favourite_reason(data::Feature feature, std::string_view name) {
  switch (feature) {
    case data::Feature::kActor:
      return cat("more with ", name);
    case data::Feature::kDirector:
      return cat("more by ", name);
    case data::Feature::kStudio:
      return cat("more from ", name);
    case data::Feature::kGenre:
      return cat("you often watch ", name);
    case data::Feature::kLanguage:
      break;
  }
  return "";
}

}  // namespace marquee::inference
