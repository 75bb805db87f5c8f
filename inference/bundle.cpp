#include "inference/bundle.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "data/event_facts.h"
#include "data/limits.h"
#include "inference/contexts.h"
#include "inference/request.h"
#include "inference/retrieval/score_rows.h"
#include "inference/retrieval/top_k.h"
#include "inference/user_ids.h"

namespace marquee::inference {

namespace {

constexpr int kMaxDim = 65'536;

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

std::shared_ptr<const Retrieval> make_retrieval(const BundleFacts& facts,
                                                std::span<const float> vectors,
                                                const TitleTable& titles) {
  if (facts.scoring == Scoring::kTitles) return std::make_shared<ScoreRows>(titles.size());
  return std::make_shared<TitleIndex>(vectors, facts.dim);
}

void check_fact(bool fits, const char* name) {
  if (!fits)
    throw artefact_error(cat("the bundle's manifest: fact ", in_quotes(name), " is out of range"));
}

constexpr const char* kScoringNames[] = {"vectors", "titles"};                // by Scoring
constexpr const char* kSimilarityNames[] = {"vectors", "scores", "content"};  // by TitleSimilarity

template <typename Enum, size_t N>
Enum enum_fact(const Manifest& bundle, const char* fact, const char* const (&names)[N]) {
  const auto value = bundle.fact<std::string>(fact);
  const auto* const found = std::find(std::begin(names), std::end(names), value);
  check_fact(found != std::end(names), fact);
  return static_cast<Enum>(found - std::begin(names));
}

}  // namespace

BundleFacts BundleFacts::from(const Manifest& bundle) {
  BundleFacts out;
  out.model = bundle.fact<std::string>("model");
  const auto dim = bundle.fact<int64_t>("dim");
  out.parameters = bundle.fact<int64_t>("parameters");
  const auto max_history = bundle.fact<int64_t>("max_history");
  out.weights = data::event_weights_of(bundle);
  out.scoring = enum_fact<Scoring>(bundle, "scores", kScoringNames);
  out.similarity = enum_fact<data::TitleSimilarity>(bundle, "similar", kSimilarityNames);
  check_fact(!out.model.empty() && valid_utf8(out.model), "model");
  const bool has_vectors =
      out.scoring == Scoring::kVectors || out.similarity == data::TitleSimilarity::kVectors;
  check_fact(dim >= (has_vectors ? 1 : 0) && dim <= kMaxDim, "dim");
  check_fact(max_history >= 1 && max_history <= kMaxHistory, "max_history");
  out.dim = static_cast<int>(dim);
  out.max_history = static_cast<int>(max_history);
  return out;
}

Json BundleFacts::to_json() const {
  Json facts = {{"model", model},
                {"scores", kScoringNames[static_cast<size_t>(scoring)]},
                {"similar", kSimilarityNames[static_cast<size_t>(similarity)]},
                {"dim", dim},
                {"parameters", parameters},
                {"max_history", max_history}};
  facts.update(data::facts_of(weights));
  return facts;
}

Bundle::Bundle(const std::filesystem::path& folder, const std::string& device,
               const TrustedKeys* trusted)
    : artefact_(std::make_shared<Artefact>(folder, kBundleKind, trusted)),
      facts_(BundleFacts::from(manifest())),
      name_(facts_.model + "@" + manifest().sha256.substr(0, 8)),
      titles_(artefact_->file(kTitlesFile)),
      trained_titles_(titles_.size()),
      model_(std::make_shared<ScriptedModel>(artefact_->file(kModelFile), device)),
      file_(std::make_shared<MappedFile>(
          facts_.dim == 0 ? MappedFile()
                          : open_vectors(artefact_->file(kVectorsFile), titles_, facts_.dim))),
      vectors_(file_->as<float>()),
      retrieval_(make_retrieval(facts_, vectors_, titles_)) {
  const bool has_vectors = facts_.scoring == Scoring::kVectors;
  for (const char* method : {"score", has_vectors ? "encode_user" : "score_all"}) {
    if (!model_->has_method(method)) {
      throw artefact_error(cat(artefact_->file(kModelFile).string(), " has no method ", method));
    }
  }
  if (has_vectors && model_->has_method("encode_titles")) {
    feature_ids_ = std::make_shared<FeatureIds>(artefact_->file(kFeaturesFile));
  }
  if (manifest().lists(kContextsFile)) {
    contexts_ = std::make_shared<Contexts>(*artefact_, titles_.size());
  }
  if (manifest().lists(kUsersFile)) {
    user_ids_ = std::make_shared<UserIds>(artefact_->file(kUsersFile),
                                          manifest().fact<int64_t>(kUsersFact));
  }
}

Bundle::Bundle(const Bundle& base, const TitleEdits& edits)
    : artefact_(base.artefact_),
      facts_(base.facts_),
      name_(base.name_),
      titles_(base.titles_, edits, base.encodes_titles()),
      trained_titles_(base.trained_titles_),
      model_(base.model_),
      contexts_(base.contexts_),
      user_ids_(base.user_ids_),
      feature_ids_(base.feature_ids_),
      file_(base.file_),
      vectors_(base.vectors_),
      retrieval_(base.retrieval_) {
  if (titles_.size() > trained_titles_) encode_new(base, edits);
  if (edits.withdrawn.empty()) return;
  listed_ = empty_bitmap(titles_.size());
  for (int64_t i = 1; i <= titles_.size(); ++i) {
    if (!titles_[i].withdrawn) insert(listed_, i);
  }
}

void Bundle::encode_new(const Bundle& base, const TitleEdits& edits) {
  std::vector<int64_t> feature_ids;
  int64_t count = 0;
  for (const data::TitleRecord& title : edits.put) {
    if (base.titles_.find(title.id) != 0) continue;
    const auto row = feature_ids_->row(title);
    feature_ids.insert(feature_ids.end(), row.begin(), row.end());
    ++count;
  }
  const auto encoded =
      model_->encode_titles(feature_ids, count, feature_ids_->columns(), facts_.dim);
  extended_.assign(vectors_.begin(), vectors_.end());
  extended_.insert(extended_.end(), encoded.begin(), encoded.end());
  if (!std::all_of(encoded.begin(), encoded.end(), [](float x) { return std::isfinite(x); })) {
    throw artefact_error(name_ + ": encode_titles gives a value that is not finite");
  }
  vectors_ = extended_;
  retrieval_ = make_retrieval(facts_, vectors_, titles_);
}

int64_t Bundle::user_number(std::string_view id) const {
  return user_ids_ == nullptr ? 0 : user_ids_->find(id);
}

std::span<const float> Bundle::vector(int64_t title) const {
  const auto dim = static_cast<size_t>(facts_.dim);
  return vectors_.subspan(static_cast<size_t>(title) * dim, dim);
}

}  // namespace marquee::inference
