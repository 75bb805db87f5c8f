#include "data/sources.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/input_files.h"
#include "data/interactions.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

class Opening {
 public:
  Opening(const fs::path& spool, Sources& sources, Problems& problems)
      : spool_(spool), sources_(sources), problems_(problems) {}

  // In parallel, as compressed files take their time.
  std::vector<std::unique_ptr<Table>> open(std::span<const fs::path> paths, const Schema& schema) {
    std::vector<InputFile> files = input_files(paths);
    std::vector<std::unique_ptr<Table>> tables(files.size());
    std::vector<Problems> problems(files.size());
    parallel_for(std::ssize(files), 1, [&](int64_t begin, int64_t) {
      const auto i = static_cast<size_t>(begin);
      TableFormat format;
      format.constants = std::move(files[i].constants);
      format.spool = spool_;
      tables[i] = std::make_unique<Table>(files[i].file, schema, format, problems[i]);
    });
    for (size_t i = 0; i < files.size(); ++i) {
      problems_.merge(problems[i]);
      note(files[i].file, *tables[i]);
    }
    return tables;
  }

 private:
  void note(const fs::path& file, const Table& table) {
    if (file == kStandardInput) {
      sources_.read.push_back({"file", table.file().string(), sha256_hex(table.bytes())});
    } else {
      sources_.files.push_back(file);
    }
  }

  const fs::path& spool_;
  Sources& sources_;
  Problems& problems_;
};

void check_standard_input(const InputPaths& paths) {
  int64_t count = 0;
  for (const auto list : {paths.interactions, paths.titles, paths.users}) {
    count += std::ranges::count(list, fs::path(kStandardInput));
  }
  if (count > 1) throw Error("standard input (-) can be read once; name files for the others");
}

// "lake/events.csv.gz" → "events".
std::string name_of(fs::path path) {
  if (path == kStandardInput) return "standard input";
  if (path.extension() == ".gz" || path.extension() == ".zst") path = path.stem();
  return path.stem().string();
}

}  // namespace

Sources open_files(const InputPaths& paths, const Mapping& mapping, const fs::path& spool,
                   Problems& problems) {
  check_standard_input(paths);
  Sources sources;
  Opening opening(spool, sources, problems);
  sources.interactions =
      opening.open(paths.interactions, renamed(interactions_schema(), mapping.interactions));
  sources.name = name_of(paths.interactions.front());
  sources.titles =
      read_titles(opening.open(paths.titles, renamed(titles_schema(), mapping.titles)), problems);
  sources.users =
      read_users(opening.open(paths.users, renamed(users_schema(), mapping.users)), problems);
  return sources;
}

}  // namespace marquee::data
