#include <iostream>

#include "cli/commands.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "core/text_table.h"
#include "serving/erasure.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;
using serving::ErasureOptions;
using serving::MemberPlaces;

// Where something may be kept, for both commands.
void add_places(CLI::App& command, MemberPlaces& places) {
  command.add_option("--state", places.states, "folder of marquee serve --state, while none runs");
  command.add_option("--redis", places.redis,
                     "redis://HOST:PORT/DATABASE of marquee serve --redis");
  command.add_option("--exposures", places.exposures,
                     "folder of marquee serve --exposures, while none runs");
  command.add_option("--dataset", places.datasets, "dataset that marquee ingest made");
}

void check_folders(const char* option, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder))
      throw Error(cat(option, " ", folder.string(), ": no such folder"));
  }
}

// Before anything is erased.
void check(const std::string& user_id, const MemberPlaces& places) {
  if (user_id.empty()) throw Error("--user: is empty");
  if (places.empty()) {
    throw Error("name where to look: --state, --redis, --exposures, --dataset, or --server");
  }
  check_folders("--state", places.states);
  check_folders("--exposures", places.exposures);
  check_folders("--dataset", places.datasets);
}

void forget(ErasureOptions options, const fs::path& key_file) {
  check(options.user_id, options.places);
  check_folders("--artefacts", options.artefacts);
  if (!key_file.empty()) options.places.server_key = trim(read_file(key_file));
  if (!options.signing_key.empty() && options.receipt.empty()) {
    throw Error("--key signs a receipt; name one with --receipt");
  }
  if (!options.receipt.empty()) check_output(options.receipt, options.overwrite);
  const serving::Erasure erasure = serving::forget_everywhere(options);
  std::vector<std::vector<std::string>> rows = {{"erased from", "", "removed"}};
  int64_t removed = 0;
  for (const auto& each : erasure.places) {
    rows.push_back({each.kind, each.name, grouped(each.removed)});
    removed += each.removed;
  }
  std::cout << text_table(rows);
  if (removed == 0) log::warn("nothing was kept of this member in these places");
  if (!erasure.learned.empty()) {
    log::warn(cat(erasure.learned.size(),
                  " artefacts were made from data with the member in it; "
                  "train again and remove them:"));
  }
  for (const Manifest& each : erasure.learned) {
    std::cout << "still learned from: " << each.kind << " " << each.folder.string() << "\n";
  }
  if (!options.places.datasets.empty() && options.artefacts.empty()) {
    log::info("name the folders of your runs and bundles with --artefacts to see which learned");
  }
}

void export_user(const std::string& user_id, const MemberPlaces& places, const fs::path& out) {
  check(user_id, places);
  const std::string text = serving::exported_user(user_id, places).dump(2) + "\n";
  if (out.empty()) {
    std::cout << text;
  } else {
    write_file_atomically(out, text);
    fs::permissions(out, fs::perms::owner_read | fs::perms::owner_write);
  }
}

}  // namespace

void add_forget(CLI::App& app) {
  auto& command =
      add_command(app, "forget", "Erase a member from servers, logs and datasets, with a receipt",
                  {"marquee forget --user ann --server http://127.0.0.1:8080 --dataset out/data "
                   "--tombstones forgotten.json --artefacts out --receipt out/receipts/1",
                   "marquee forget --user ann --state out/state --exposures out/exposures"});
  const auto options = std::make_shared<ErasureOptions>();
  const auto key_file = std::make_shared<fs::path>();
  command.add_option("--user", options->user_id, "the member's id")->required();
  command.add_option("--server", options->places.servers, "http://HOST:PORT of a server that runs");
  command.add_option("--server-key", *key_file, "file with the key that servers ask for");
  add_places(command, options->places);
  command.add_option("--tombstones", options->tombstones,
                     "file to add the member to, for marquee ingest --tombstones");
  command.add_option("--artefacts", options->artefacts,
                     "folders in which runs, bundles and policies that learned from the datasets "
                     "are looked for");
  command.add_option("--receipt", options->receipt, "folder of a receipt to make");
  command.add_option("--key", options->signing_key, "private key that signs the receipt");
  command.add_flag("--overwrite", options->overwrite, "replace what --receipt holds");
  command.callback([options, key_file] { forget(*options, *key_file); });
}

void add_export_user(CLI::App& app) {
  auto& command = add_command(
      app, "export-user", "Write all that is kept of a member, as JSON",
      {"marquee export-user --user ann --state out/state --exposures out/exposures --dataset "
       "out/data --out ann.json"});
  struct Options {
    std::string user_id;
    MemberPlaces places;
    fs::path out;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("--user", options->user_id, "the member's id")->required();
  add_places(command, options->places);
  command.add_option("--out", options->out, "file to make; default: the standard output");
  command.callback([options] { export_user(options->user_id, options->places, options->out); });
}

}  // namespace marquee::cli
