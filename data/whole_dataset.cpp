#include "data/whole_dataset.h"

#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "data/dataset_facts.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

std::string manifest_path() { return cat(kWholeDataset, "/manifest.json"); }

}  // namespace

bool has_whole(const Manifest& dataset) { return dataset.lists(manifest_path()); }

fs::path whole_of(const Manifest& dataset) {
  if (!has_whole(dataset)) {
    throw Error(
        cat("nothing can be appended to ", dataset.folder.string(), ": its mapping has ",
            "rules that look at whole histories (keep.most_a_day, session_minutes, ",
            "repeats, least_of_user, least_of_title), and it was written by a version that ",
            "did not keep what they left out; ingest all files again"));
  }
  read_verified(dataset, manifest_path());
  return dataset.folder / kWholeDataset;
}

void keep_whole(const fs::path& folder, InteractionColumns& columns, const Numbered& numbered,
                const UserAttributes& attributes, Json facts) {
  const fs::path whole = folder / kWholeDataset;
  fs::create_directory(whole);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path file = entry.path().filename();
    if (file.string().starts_with("interactions.")) fs::copy_file(entry.path(), whole / file);
  }
  facts.update(interaction_facts(columns));
  facts["users"] = numbered.users.size();
  facts["titles"] = numbered.titles.size() - 1;
  facts["features"] = write_catalogue(numbered.title_records, numbered.titles, whole);
  write_users(numbered.users, attributes, whole);
  write_manifest(whole, "dataset", std::move(facts), {});
}

}  // namespace marquee::data
