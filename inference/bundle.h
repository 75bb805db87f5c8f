// The inference room: it answers requests from a bundle, the folder that export writes. Start here.
// open_bundle.h loads and checks it, ranker.h ranks titles for users by index (the one scoring path
// of recommend, serve and evaluate), runner.h turns requests into answers, retrieval/ holds the
// exact scan. Nothing here knows how a model was trained: the bundle is all that the two share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/artefact.h"
#include "core/file.h"
#include "data/title_similarity.h"
#include "inference/bundle_files.h"
#include "inference/feature_ids.h"
#include "inference/retrieval/retrieval.h"
#include "inference/retrieval/title_bitmap.h"
#include "inference/scripted_model.h"
#include "inference/title_table.h"

namespace marquee::inference {

class Contexts;
class UserIds;

// Where the scores of a bundle come from.
enum class Scoring {
  kVectors,  // "vectors": inner products of encode_user with titles.bin
  kTitles,   // "titles": the module's score_all scores every title
};

// The facts of a bundle's manifest that inference uses; it may hold others.
struct BundleFacts {
  std::string model;  // "two_tower"
  Scoring scoring = Scoring::kVectors;
  data::TitleSimilarity similarity = data::TitleSimilarity::kVectors;
  int dim = 0;                 // of the vectors in titles.bin; 0: there are none
  int64_t parameters = 0;      // trained values
  int max_history = 0;         // newest events that the model uses
  data::EventWeights weights;  // what events of a history say

  static BundleFacts from(const Manifest& bundle);  // throws Error (artefact) naming the fact
  Json to_json() const;
};

class Bundle {
 public:
  // Verifies every hash, then loads the module, the titles and their vectors; does not answer
  // golden requests (open_bundle.h). With keys, first verifies the signature. Throws Error
  // (artefact) naming what is damaged or does not fit: a signature that is missing or not by one of
  // the keys, a wrong number of vectors for the titles, values that are not finite. Throws Error
  // (input) if the device is not available.
  explicit Bundle(const std::filesystem::path& folder, const std::string& device = "cpu",
                  const TrustedKeys* trusted = nullptr);

  // `base`, which has no edits, with titles added, changed or withdrawn. Model and vectors are
  // shared. New titles get their vectors from encode_titles; without that method they are left out.
  Bundle(const Bundle& base, const TitleEdits& edits);

  // Whether new titles can be added.
  bool encodes_titles() const { return feature_ids_ != nullptr; }
  // Titles that the module has an index for; those after them were added later.
  int64_t trained_titles() const { return trained_titles_; }
  // Bit i: title i is not withdrawn. Empty: none is withdrawn.
  std::span<const uint64_t> listed() const { return listed_; }

  const Manifest& manifest() const { return artefact_->manifest(); }
  // The path of one of its files; throws Error (artefact) if the manifest does not list it.
  std::filesystem::path file(const char* name) const { return artefact_->file(name); }
  const BundleFacts& facts() const { return facts_; }
  const std::string& name() const { return name_; }  // "two_tower@3f2a91c0": model and short id
  const TitleTable& titles() const { return titles_; }
  const ScriptedModel& model() const { return *model_; }
  const Retrieval& retrieval() const { return *retrieval_; }
  const Contexts* contexts() const { return contexts_.get(); }  // null: there are none
  const UserIds* user_ids() const { return user_ids_.get(); }   // null: it knows no users
  int64_t user_number(std::string_view id) const;  // for UserHistory: 0 where it is not known

  // The vector of a title, as served: [dim]. Only where dim is not 0.
  std::span<const float> vector(int64_t title) const;
  std::span<const float> vectors() const { return vectors_; }  // [titles + 1, dim]

 private:
  // Appends the vectors of new titles to the bundle's own and checks them.
  void encode_new(const Bundle& base, const TitleEdits& edits);

  std::shared_ptr<const Artefact> artefact_;
  BundleFacts facts_;
  std::string name_;
  TitleTable titles_;
  int64_t trained_titles_;
  std::shared_ptr<const ScriptedModel> model_;
  std::shared_ptr<const Contexts> contexts_;
  std::shared_ptr<const UserIds> user_ids_;
  std::shared_ptr<const FeatureIds> feature_ids_;  // null: the model has no encode_titles
  std::shared_ptr<const MappedFile> file_;         // titles.bin
  std::vector<float> extended_;                    // with those of new titles, if there are any
  std::span<const float> vectors_;                 // [titles + 1, dim]
  std::shared_ptr<const Retrieval> retrieval_;
  TitleBitmap listed_;
};

}  // namespace marquee::inference
