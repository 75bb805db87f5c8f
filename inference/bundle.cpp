#include "inference/bundle.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "inference/golden.h"
#include "inference/request.h"

namespace marquee::inference {

namespace {

constexpr int kMaxDim = 65'536;

// A file that the manifest does not list was not verified, and so must not be parsed.
Manifest open_bundle(const std::filesystem::path& folder) {
  Manifest manifest = open_artefact(folder, "bundle");
  for (const char* needed : {"model.pt", "titles.csv", "titles.bin", "golden.json"}) {
    if (std::none_of(manifest.files.begin(), manifest.files.end(),
                     [&](const FileEntry& file) { return file.path == needed; })) {
      throw artefact_error(cat(folder.string(), "/manifest.json does not list ", needed,
                               "; make the bundle again with `marquee export`"));
    }
  }
  return manifest;
}

MappedFile open_vectors(const std::filesystem::path& file, const TitleTable& titles, int dim) {
  MappedFile mapped(file);
  const auto row_bytes = static_cast<size_t>(dim) * sizeof(float);
  const size_t rows = static_cast<size_t>(titles.size()) + 1;
  if (mapped.text().size() % row_bytes != 0 || mapped.text().size() / row_bytes != rows) {
    throw artefact_error(cat(file.string(), " has ", mapped.text().size(), " bytes; ",
                             titles.size(), " titles and padding with vectors of ", dim, " take ",
                             rows * row_bytes));
  }
  const auto values = mapped.as<float>();
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad != values.end()) {
    const auto title = (bad - values.begin()) / dim;
    throw artefact_error(cat(file.string(), ": the vector of title ", title, " (",
                             in_quotes(titles[title].id), ") holds a value that is not finite"));
  }
  return mapped;
}

template <typename T>
T fact(const Json& facts, const char* name) {
  try {
    return facts.at(name).get<T>();
  } catch (const Json::exception&) {
    throw artefact_error(cat("the bundle's manifest has no usable fact ", in_quotes(name)));
  }
}

void check_fact(bool fits, const char* name) {
  if (!fits)
    throw artefact_error(cat("the bundle's manifest: fact ", in_quotes(name), " is out of range"));
}

}  // namespace

BundleFacts BundleFacts::from_json(const Json& facts) {
  BundleFacts out;
  out.model = fact<std::string>(facts, "model");
  const auto dim = fact<int64_t>(facts, "dim");
  out.parameters = fact<int64_t>(facts, "parameters");
  const auto max_history = fact<int64_t>(facts, "max_history");
  out.max_rating = fact<float>(facts, "max_rating");
  out.similar_by_content = fact<bool>(facts, "similar_by_content");
  check_fact(!out.model.empty() && valid_utf8(out.model), "model");
  check_fact(dim >= 1 && dim <= kMaxDim, "dim");
  check_fact(max_history >= 1 && max_history <= kMaxHistory, "max_history");
  check_fact(std::isfinite(out.max_rating) && out.max_rating > 0, "max_rating");
  out.dim = static_cast<int>(dim);
  out.max_history = static_cast<int>(max_history);
  return out;
}

Json BundleFacts::to_json() const {
  return {{"model", model},           {"dim", dim},
          {"parameters", parameters}, {"max_history", max_history},
          {"max_rating", max_rating}, {"similar_by_content", similar_by_content}};
}

Bundle::Bundle(const std::filesystem::path& folder, const std::string& device)
    : manifest_(open_bundle(folder)),
      facts_(BundleFacts::from_json(manifest_.facts)),
      name_(facts_.model + "@" + manifest_.sha256.substr(0, 8)),
      titles_(folder / "titles.csv"),
      model_(folder / "model.pt", device),
      vectors_(open_vectors(folder / "titles.bin", titles_, facts_.dim)),
      index_(vectors_.as<float>(), facts_.dim) {
  check_golden(*this, folder / "golden.json");
}

std::span<const float> Bundle::vector(int64_t title) const {
  const auto dim = static_cast<size_t>(facts_.dim);
  return vectors_.as<float>().subspan(static_cast<size_t>(title) * dim, dim);
}

}  // namespace marquee::inference
