#include "evaluation/title_map.h"

#include <string>

#include "core/error.h"
#include "core/text.h"

namespace marquee::evaluation {

namespace {

bool same_numbering(const inference::TitleTable& titles, const data::Catalogue& catalogue) {
  if (titles.size() != catalogue.size()) return false;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    if (titles[title].id != catalogue.id(title)) return false;
  }
  return true;
}

}  // namespace

TitleMap::TitleMap(const inference::Bundle& bundle, const data::Catalogue& catalogue,
                   Strangers strangers)
    : same_(same_numbering(bundle.titles(), catalogue)) {
  if (same_) return;
  const auto known = static_cast<size_t>(bundle.titles().size());
  to_bundle_.resize(static_cast<size_t>(catalogue.size()) + 1);
  to_dataset_.resize(known + 1);
  allowed_ = inference::empty_bitmap(bundle.titles().size());
  int64_t unknown = 0;
  std::string example;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    const auto found = static_cast<size_t>(bundle.titles().find(catalogue.id(title)));
    if (found == 0 && unknown++ == 0) example = in_quotes(catalogue.id(title));
    if (found == 0) continue;
    to_bundle_[static_cast<size_t>(title)] = static_cast<uint32_t>(found);
    to_dataset_[found] = static_cast<uint32_t>(title);
    inference::insert(allowed_, static_cast<int64_t>(found));
  }
  if (unknown > 0 && strangers == Strangers::kRefused) {
    throw artefact_error(cat("bundle ", bundle.name(), " does not know ", grouped(unknown),
                             " of the ", grouped(catalogue.size()),
                             " titles of this dataset, such as ", example,
                             ": train and export it on this dataset, or evaluate it on its own"));
  }
}

std::vector<uint32_t> TitleMap::to_bundle(std::span<const uint32_t> titles) const {
  std::vector<uint32_t> mapped(titles.begin(), titles.end());
  if (same_) return mapped;
  for (uint32_t& title : mapped) title = to_bundle_[title];
  return mapped;
}

}  // namespace marquee::evaluation
