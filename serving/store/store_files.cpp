#include "serving/store/store_files.h"

#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/text.h"
#include "data/append.h"
#include "data/csv.h"
#include "inference/title_edits.h"
#include "serving/store/all_histories.h"
#include "serving/store/title_store.h"

namespace marquee::serving {

namespace fs = std::filesystem;

namespace {

std::string line_of(const std::string& user_id, const inference::HistoryItem& item) {
  std::string value;
  if (!std::isnan(item.value)) value = general(item.value, 9);
  return cat(data::csv_field(user_id), ",", data::csv_field(item.title_id), ",",
             item.timestamp.value_or(0), ",", data::name(item.event), ",", value, "\n");
}

// Those of the dataset are left out.
Json write_events(const StorePlaces& places, const fs::path& file, const data::Dataset* before) {
  FileWriter out(file);
  out.write("user_id,title_id,timestamp,event,value\n");
  data::KnownEvents known(before);
  int64_t added = 0;
  const auto take = [&](const std::string& user_id,
                        const std::vector<inference::HistoryItem>& history) {
    known.begin(user_id);
    for (const inference::HistoryItem& item : history) {
      if (known.take({item.title_id, item.timestamp.value_or(0), item.event, item.value})) continue;
      out.write(line_of(user_id, item));
      ++added;
    }
  };
  const HistoryCounts counts = places.redis.empty()
                                   ? read_sqlite_histories(places.state / "history.db", take)
                                   : read_redis_histories(places.redis, take);
  out.close();
  return {{"members", counts.users},
          {"events", counts.events},
          {"new_events", added},
          {"members_without_profile", counts.without_profile}};
}

}  // namespace

data::WrittenInputs write_store(const StorePlaces& places, const fs::path& folder,
                                const data::Dataset* before) {
  data::WrittenInputs written;
  written.name = places.state.empty() ? "store" : places.state.filename().string();
  written.interactions = folder / ".store.csv";
  written.facts = write_events(places, written.interactions, before);
  written.source = {"store", written.name, sha256_file(written.interactions)};
  const fs::path titles = places.state / "titles.db";
  if (places.state.empty() || !fs::exists(titles)) return written;
  inference::TitleEdits edits = TitleStore::edits_in(titles);
  written.titles = std::move(edits.put);
  written.withdrawn = std::move(edits.withdrawn);
  return written;
}

}  // namespace marquee::serving
