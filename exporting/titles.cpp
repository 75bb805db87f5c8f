#include "core/log.h"
#include "core/text.h"
#include "data/parquet/parquet_output.h"
#include "exporting/export.h"
#include "inference/bundle.h"

namespace marquee::exporting {

namespace {

using Texts = std::vector<std::string>;
constexpr int64_t kBlock = 16'384;  // titles written at once

// Columns of some titles, from `begin` on.
class TitleRows {
 public:
  explicit TitleRows(const inference::Bundle& bundle) : bundle_(bundle) {}

  data::ParquetRows take(int64_t begin, int64_t end) const {
    data::ParquetRows rows;
    const auto add = [&]<typename Of>(const char* name, const Of& of) {
      std::vector<decltype(of(bundle_.titles()[0]))> values;
      for (int64_t i = begin; i < end; ++i) values.push_back(of(bundle_.titles()[i]));
      rows.push_back({name, std::move(values)});
    };
    add("title_id", [](const inference::Title& title) { return title.id; });
    add("name", [](const inference::Title& title) { return title.name; });
    add("year", [](const inference::Title& title) {
      return title.year == 0 ? data::kNoWhole : int64_t{title.year};
    });
    for (int f = 0; f < data::kFeatures; ++f) {
      const auto feature = static_cast<data::Feature>(f);
      add(kColumns[static_cast<size_t>(f)],
          [&](const inference::Title& title) { return names(title, feature); });
    }
    add("maturity", [](const inference::Title& title) { return title.maturity; });
    add("regions", [](const inference::Title& title) { return title.regions; });
    add("countries", [](const inference::Title& title) { return title.countries; });
    add("popularity", [](const inference::Title& title) { return title.popularity; });
    if (bundle_.facts().dim > 0) rows.push_back({"vector", vectors(begin, end)});
    return rows;
  }

 private:
  static constexpr std::array<const char*, data::kFeatures> kColumns = {
      "genres", "actors", "directors", "studios", "languages"};

  Texts names(const inference::Title& title, data::Feature feature) const {
    Texts names;
    for (const uint32_t value : title[feature]) {
      names.emplace_back(bundle_.titles().feature_name(feature, value));
    }
    return names;
  }

  std::vector<std::vector<float>> vectors(int64_t begin, int64_t end) const {
    std::vector<std::vector<float>> vectors;
    for (int64_t i = begin; i < end; ++i) {
      const auto vector = bundle_.vector(i);
      vectors.emplace_back(vector.begin(), vector.end());
    }
    return vectors;
  }

  const inference::Bundle& bundle_;
};

}  // namespace

Manifest export_titles(const TableOptions& options) {
  ArtefactWriter writer(options.out, "table", options.overwrite);
  const inference::Bundle bundle(options.bundle);
  const TitleRows rows(bundle);
  data::ParquetOutput output(writer.folder() / "titles.parquet", rows.take(1, 1));
  const int64_t titles = bundle.titles().size();
  for (int64_t begin = 1; begin <= titles; begin += kBlock) {
    output.write(rows.take(begin, std::min(titles + 1, begin + kBlock)));
  }
  output.close();
  Manifest table = writer.commit(
      Json{{"titles", titles}, {"dim", bundle.facts().dim}},
      {{inference::kBundleKind, options.bundle.filename().string(), bundle.manifest().sha256}});
  log::info(cat("wrote ", options.out.string(), ": titles.parquet, ", grouped(titles), " titles",
                bundle.facts().dim > 0 ? cat(" with vectors of ", bundle.facts().dim) : ""));
  return table;
}

}  // namespace marquee::exporting
