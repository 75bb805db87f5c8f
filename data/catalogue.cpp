#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "data/dataset.h"

namespace marquee::data {

namespace {

// Datasets made before there were countries have no such column.
StringColumn countries_of(const Artefact& dataset, int64_t rows) {
  const Manifest& manifest = dataset.manifest();
  const bool there =
      manifest.lists("titles.countries.offsets") || manifest.lists("titles.countries.bytes");
  return there ? StringColumn(dataset, "titles.countries") : StringColumn::empty(rows);
}

}  // namespace

Catalogue::Catalogue(const Artefact& dataset)
    : ids_(dataset, "titles.ids"),
      names_(dataset, "titles.names"),
      maturities_(dataset, "titles.maturities"),
      regions_(dataset, "titles.regions"),
      countries_(countries_of(dataset, ids_.rows())),
      years_file_(dataset.file("titles.years")),
      runtimes_file_(dataset.file("titles.runtimes")),
      from_file_(dataset.file("titles.available_from")),
      until_file_(dataset.file("titles.available_until")),
      years_(years_file_.as<uint16_t>()),
      runtimes_(runtimes_file_.as<uint16_t>()),
      from_(from_file_.as<int64_t>()),
      until_(until_file_.as<int64_t>()) {
  for (size_t f = 0; f < kFeatures; ++f) {
    lists_[f] = ListColumn(dataset, std::string("titles.") + kFeatureNames[f]);
    vocabularies_[f] = StringColumn(dataset, std::string("features.") + kFeatureNames[f]);
  }
  check(dataset.manifest().folder);
}

void Catalogue::check(const std::filesystem::path& dataset) const {
  const int64_t rows = ids_.rows();
  const auto has_rows = [rows](auto&... columns) {
    return ((static_cast<int64_t>(columns.size()) == rows) && ...);
  };
  bool fits = rows >= 1 && names_.rows() == rows && maturities_.rows() == rows &&
              regions_.rows() == rows && countries_.rows() == rows &&
              has_rows(years_, runtimes_, from_, until_);
  for (size_t f = 0; f < kFeatures && fits; ++f) {
    const int64_t names = vocabularies_[f].rows();
    fits = names >= 1 && lists_[f].rows() == rows;
    for (int64_t title = 0; title < rows && fits; ++title) {
      const auto values = lists_[f][title];
      fits = std::all_of(values.begin(), values.end(),
                         [names](uint32_t value) { return value >= 1 && value < names; });
    }
  }
  if (!fits) {
    throw artefact_error(cat(dataset.string(), ": the columns of its titles do not fit together; ",
                             "make it again with `marquee ingest`"));
  }
}

int64_t Catalogue::find(std::string_view id) const {
  if (index_.empty()) {
    index_.reserve(static_cast<size_t>(ids_.rows()));
    for (int64_t title = 1; title <= size(); ++title) index_.emplace(ids_[title], title);
  }
  const auto found = index_.find(id);
  return found == index_.end() ? 0 : found->second;
}

}  // namespace marquee::data
