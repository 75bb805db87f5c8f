// Adds, changes and withdraws titles while serving: kept on disk, then shown by the next answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "serving/batcher.h"
#include "serving/model_slot.h"
#include "serving/store/title_store.h"

namespace marquee::serving {

class TitleEditor {
 public:
  using Done = std::function<void(const std::optional<Error>&)>;

  // Applies the edits of the store to the slot, before a model is loaded.
  TitleEditor(const std::filesystem::path& file, size_t max_titles, ModelSlot& models);

  // `done` is called once answers show the change, from another thread. An Error (input) is the
  // caller's: the title is unknown, or this model cannot add it. Edits that come together are shown
  // together.
  void put(data::TitleRecord title, Done done);
  void withdraw(std::string title_id, Done done);

  void stop() { worker_.stop(); }

 private:
  struct Edit {
    data::TitleRecord title;
    bool withdrawn = false;
    Done done;
  };
  void submit(Edit change);
  void apply(std::vector<Edit> changes);
  void keep(const Edit& change);
  void check(const Edit& change) const;

  TitleStore store_;
  const size_t max_titles_;
  ModelSlot& models_;
  Batcher<Edit> worker_;
};

}  // namespace marquee::serving
