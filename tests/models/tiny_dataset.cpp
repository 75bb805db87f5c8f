#include "tests/models/tiny_dataset.h"

#include "core/file.h"
#include "core/random.h"
#include "core/text.h"
#include "data/ingest.h"

namespace marquee {

data::Dataset tiny_dataset(const TempFolder& folder, TinySize size) {
  static constexpr const char* kGenres[] = {"Drama", "Comedy", "Crime"};
  std::string titles = "title_id,name,year,genres,actors,studios\n";
  for (int t = 0; t < size.titles; ++t) {
    titles += cat("t", t, ",Title ", t, ",", 1980 + t, ",", kGenres[t % 3], "|", kGenres[t % 2],
                  ",Actor ", t % 7, "|Actor ", t % 5, ",Studio ", t % 4, "\n");
  }
  std::string events = "user_id,title_id,timestamp,event,value\n";
  RandomStream random(1, "tiny");
  for (int u = 0; u < size.users; ++u) {
    int title = static_cast<int>(random.below(static_cast<uint64_t>(size.titles)));
    for (int e = 0; e < size.events; ++e) {
      events += cat("u", u, ",t", title % size.titles, ",", 1'000'000 + 1'000 * e + u, ",rating,",
                    1 + random.below(5), "\n");
      ++title;
    }
  }
  data::IngestOptions options;
  options.interactions = {folder / "events.csv"};
  options.titles = {folder / "titles.csv"};
  options.out = folder / "dataset";
  options.overwrite = true;
  write_file(options.interactions.front(), events);
  write_file(options.titles.front(), titles);
  data::ingest(options);
  return data::Dataset(options.out);
}

}  // namespace marquee
