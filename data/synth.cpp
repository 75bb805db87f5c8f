#include "data/synth.h"

#include <algorithm>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/problems.h"
#include "core/progress.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/synth/tables.h"
#include "data/synth/truth.h"
#include "data/synth/world.h"

namespace marquee::data {

namespace {

constexpr int64_t kLeastTitles = 10;
constexpr int64_t kMostTitles = 10'000'000;
constexpr int64_t kMostUsers = 1'000'000'000;
constexpr int64_t kUsersAtOnce = 1024;  // held in memory before they are written
constexpr int64_t kUsersPerBlock = 16;

void check(const SynthOptions& options) {
  Problems problems;
  if (options.users < 1 || options.users > kMostUsers) {
    problems.add(cat("--users ", options.users, ": has to be 1 to ", kMostUsers));
  }
  if (options.titles < kLeastTitles || options.titles > kMostTitles) {
    problems.add(
        cat("--titles ", options.titles, ": has to be ", kLeastTitles, " to ", kMostTitles));
  }
  if (options.interactions < std::max<int64_t>(1, options.users)) {
    problems.add(cat("--interactions ", options.interactions,
                     ": has to be at least one for each of the ", options.users, " users"));
  }
  problems.throw_if_any("nothing was written");
}

// The watches of some users, and their rows.
struct Chunk {
  std::vector<std::vector<synth::Watch>> watches;
  std::vector<std::string> rows;  // a block each
};

Chunk watch_some(const SynthOptions& options, const synth::World& world, int64_t first,
                 int64_t count) {
  Chunk batch;
  batch.watches.resize(static_cast<size_t>(count));
  batch.rows.resize(static_cast<size_t>((count + kUsersPerBlock - 1) / kUsersPerBlock));
  parallel_for(count, kUsersPerBlock, [&](int64_t begin, int64_t end) {
    throw_if_interrupted();
    for (int64_t i = begin; i < end; ++i) {
      const auto index = static_cast<uint64_t>(first + i);
      const synth::SynthUser& user = world.users[index];
      auto& watches = batch.watches[static_cast<size_t>(i)];
      watches = synth::watch(world.pool, world.shelves, user,
                             RandomStream(options.seed, "viewing", index))
                    .watches;
      if (!options.ordered) {
        synth::forget_order(world.pool, user, watches, RandomStream(options.seed, "order", index));
      }
      synth::append_rows(batch.rows[static_cast<size_t>(begin / kUsersPerBlock)], first + i,
                         watches);
    }
  });
  return batch;
}

// One batch of users after another, so that memory holds only one. Returns the measured facts.
Json write_interactions(const std::filesystem::path& file, const SynthOptions& options,
                        const synth::World& world) {
  FileWriter out(file);
  out.write(synth::kInteractionsHeader);
  synth::Tally tally(world.pool);
  Progress progress("watching", options.interactions, "events");
  int64_t done = 0;
  for (int64_t first = 0; first < options.users; first += kUsersAtOnce) {
    const int64_t count = std::min(kUsersAtOnce, options.users - first);
    const Chunk batch = watch_some(options, world, first, count);
    for (const std::string& rows : batch.rows) out.write(rows);
    for (int64_t i = 0; i < count; ++i) {
      const auto& watches = batch.watches[static_cast<size_t>(i)];
      tally.add(world.users[static_cast<size_t>(first + i)], watches);
      done += std::ssize(watches);
    }
    progress.update(done);
  }
  out.close();
  progress.finish();
  return tally.facts();
}

}  // namespace

Manifest synthesise(const SynthOptions& options) {
  check(options);
  ArtefactWriter artefact(options.out, "synth", options.overwrite);
  const std::filesystem::path& folder = artefact.folder();
  throw_if_interrupted();
  const synth::World world = synth::make_world(options);
  synth::write_titles(folder / "titles.csv", world.pool, options.seed);
  synth::write_users(folder / "users.csv", world.users);
  const Json facts = write_interactions(folder / "interactions.csv", options, world);
  synth::write_title_truth(folder / "truth_titles.csv", world.pool, world.shelves);
  synth::write_user_truth(folder / "truth_users.csv", world.pool, world.users);
  const Json truth = synth::truth(options, facts);
  write_file(folder / "truth.json", truth.dump(2) + "\n");
  throw_if_interrupted();
  return artefact.commit({{"options", truth["options"]}, {"measured", facts}}, {});
}

}  // namespace marquee::data
