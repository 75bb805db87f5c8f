#include "serving/title_editor.h"

#include "core/log.h"
#include "core/text.h"

namespace marquee::serving {

TitleEditor::TitleEditor(const std::filesystem::path& file, size_t max_titles, ModelSlot& models)
    : store_(file),
      max_titles_(max_titles),
      models_(models),
      worker_({.workers = 1, .max_batch = 1'000, .max_requests = 10'000},
              [this](std::vector<Edit> changes) { apply(std::move(changes)); }) {
  models_.edit(store_.edits());
}

void TitleEditor::put(data::TitleRecord title, Done done) {
  submit({.title = std::move(title), .withdrawn = false, .done = std::move(done)});
}

void TitleEditor::withdraw(std::string title_id, Done done) {
  data::TitleRecord title;
  title.id = std::move(title_id);
  submit({.title = std::move(title), .withdrawn = true, .done = std::move(done)});
}

void TitleEditor::submit(Edit change) {
  if (!worker_.push(change)) change.done(system_error("too many changes wait"));
}

// On the worker.
void TitleEditor::apply(std::vector<Edit> changes) {
  std::vector<const Edit*> kept;
  for (const Edit& change : changes) {
    try {
      keep(change);
      kept.push_back(&change);
    } catch (const Error& error) {
      change.done(error);
    }
  }
  if (kept.empty()) return;
  std::optional<Error> failed;
  try {
    models_.edit(store_.edits());
  } catch (const Error& error) {
    log::error(error.what());
    failed = system_error("the change is stored, but answers cannot show it yet");
  }
  for (const Edit* change : kept) change->done(failed);
}

void TitleEditor::keep(const Edit& change) {
  check(change);
  change.withdrawn ? store_.withdraw(change.title.id) : store_.put(change.title);
}

void TitleEditor::check(const Edit& change) const {
  const auto& bundle = models_.current()->bundle;
  if (bundle.titles().find(change.title.id) == 0) {
    if (change.withdrawn) throw Error(cat("there is no title ", in_quotes(change.title.id)));
    if (!bundle.encodes_titles()) {
      throw Error(cat(bundle.name(),
                      " cannot add a title that it was not trained with; train it again, or "
                      "serve a model with a title tower"));
    }
  }
  if (store_.size() >= max_titles_) {
    throw Error(cat("store.max_titles: ", max_titles_, " titles were put or withdrawn already"));
  }
}

}  // namespace marquee::serving
