// The exported TorchScript module, run on the CPU or a GPU. This is the only place where serving
// touches LibTorch, and no header shows it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace marquee::inference {

// User histories as the module takes them: oldest first, padded on the right with title 0.
struct HistoryBatch {
  int64_t batch = 0;
  int64_t length = 0;           // of the longest history, at least 1
  std::vector<int64_t> titles;  // [batch, length]
  std::vector<float> signals;   // [batch, length], -1 to 1
  std::vector<float> ages;      // [batch, length], seconds since, at least 0
  std::vector<int64_t> users;   // [batch], UserIds; ignored by modules that know no users
};

class ScriptedModel {
 public:
  // The file's hash must have been checked before. Throws Error (artefact) if it is no module and
  // Error (input) if `device` ("cpu", "cuda") is not available.
  explicit ScriptedModel(const std::filesystem::path& file, const std::string& device = "cpu");
  ~ScriptedModel();
  ScriptedModel(ScriptedModel&&) noexcept;

  bool has_method(const std::string& name) const;

  // Each is a method of the module (docs/libtorch.md) and throws Error (artefact) if it fails or
  // gives another shape. Safe to call from several threads.

  // → [batch, dim] row-major.
  std::vector<float> encode_user(const HistoryBatch& histories) const;

  // → [batch, titles + 1]: the score of every title and of padding, title 0.
  std::vector<float> score_all(const HistoryBatch& histories) const;

  // The module's own best k titles of each user, without those of the history.
  struct TopTitles {
    std::vector<float> scores;    // [batch, k]
    std::vector<int64_t> titles;  // [batch, k], 0 where fewer are left
  };
  TopTitles forward(const HistoryBatch& histories, int64_t k) const;

  // feature_ids: [count, columns] → [count, dim].
  std::vector<float> encode_titles(std::span<const int64_t> feature_ids, int64_t count,
                                   int64_t columns, int64_t dim) const;

  // titles: [batch, count] → scores [batch, count].
  std::vector<float> score(const HistoryBatch& histories, std::span<const int64_t> titles,
                           int64_t count) const;
  // What each event adds to the score of each title: [batch, count, length].
  std::vector<float> contributions(const HistoryBatch& histories, std::span<const int64_t> titles,
                                   int64_t count) const;
  std::vector<float> predict_rating(const HistoryBatch& histories, std::span<const int64_t> titles,
                                    int64_t count) const;

 private:
  struct Module;
  std::unique_ptr<Module> module_;
};

}  // namespace marquee::inference
