#include "data/interactions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/interaction_parser.h"
#include "data/turnstile.h"

namespace marquee::data {

namespace {

// Large enough that joining a piece's vocabulary costs little compared with parsing it.
constexpr size_t kPieceBytes = 8 << 20;

// Pieces to parse into, one a thread, so that their memory is touched for the first time once.
class PiecePool {
 public:
  std::unique_ptr<Piece> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Piece>();
    std::unique_ptr<Piece> piece = std::move(free_.back());
    free_.pop_back();
    return piece;
  }

  void give_back(std::unique_ptr<Piece> piece) {
    piece->clear();
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(piece));
  }

 private:
  std::mutex mutex_;  // guards free_
  std::vector<std::unique_ptr<Piece>> free_;
};

// Adds the strings of a piece to the vocabulary of the file; returns their indices in it.
std::vector<uint32_t> join(const Vocabulary& piece, Vocabulary& all) {
  std::vector<uint32_t> indices(piece.size());
  for (uint32_t i = 0; i < piece.size(); ++i) indices[i] = all.add(piece[i]);
  return indices;
}

// Takes pieces in their order.
class Stager {
 public:
  // shown: whether pieces say how interactions were shown.
  Stager(bool shown, const StagingArea& area) : area_(area), rows_(area.folder / ".rows") {
    staged_.rows = area.folder / ".rows";
    staged_.of_name.resize(area.mapping.events.size());
    if (!shown) return;
    staged_.shown = area.folder / ".shown";
    shown_ = std::make_unique<FileWriter>(staged_.shown);
  }

  void add(const Table& table, Piece& piece) {
    table.report(piece.findings, area_.problems);
    const auto users = join(piece.users, area_.users);
    const auto titles = join(piece.titles, area_.titles);
    staged_.rows_of_user.resize(area_.users.size());
    for (size_t i = 0; i < users.size(); ++i) {
      staged_.rows_of_user[users[i]] += piece.rows_of_user[i];
    }
    for (Row& row : piece.rows) {
      row.user = users[row.user];
      row.title = titles[row.title];
      staged_.grouped &= row.user >= last_user_;
      last_user_ = row.user;
      staged_.fractions |= row.fraction != 0;
    }
    staged_.count += piece.rows.size();
    if (staged_.count > std::numeric_limits<uint32_t>::max()) {
      throw Error("more than 4,294,967,295 interactions; make several datasets of them");
    }
    for (size_t i = 0; i < kReasons; ++i) staged_.left_out[i] += piece.left_out[i];
    for (size_t i = 0; i < piece.of_name.size(); ++i) staged_.of_name[i] += piece.of_name[i];
    rows_.write_values(std::span<const Row>(piece.rows));
    if (shown_) write_shown(piece.shown);
  }

  StagedInteractions finish() {
    staged_.rows_of_user.resize(area_.users.size());
    rows_.close();
    if (shown_) shown_->close();
    if (shown_ && !says_how_shown_) {  // JSON lines may say it in any line, and none did
      std::filesystem::remove(staged_.shown);
      staged_.shown.clear();
    }
    return std::move(staged_);
  }

 private:
  void write_shown(const std::vector<Shown>& shown) {
    for (const Shown& one : shown) {
      says_how_shown_ |= !std::isnan(one.propensity) || one.position != kNoPosition;
    }
    shown_->write_values(std::span<const Shown>(shown));
  }

  const StagingArea& area_;
  FileWriter rows_;
  std::unique_ptr<FileWriter> shown_;
  bool says_how_shown_ = false;
  StagedInteractions staged_;
  uint32_t last_user_ = 0;
};

}  // namespace

Schema interactions_schema() {
  return {{{"user_id", true},
           {"title_id", true},
           {"timestamp", true},
           {"event"},
           {"value"},
           {"split"},
           {"propensity"},
           {"position"}},
          OtherColumns::kWarn};
}

namespace {

// A piece of one of the tables.
struct Place {
  const Table* table;
  std::string_view records;
};

std::string described(std::span<const std::unique_ptr<Table>> tables) {
  return tables.size() == 1 ? "reading " + tables.front()->file().filename().string()
                            : cat("reading ", tables.size(), " files");
}

}  // namespace

StagedInteractions stage_interactions(std::span<const std::unique_ptr<Table>> tables, bool given,
                                      const StagingArea& area) {
  std::vector<Place> places;
  int64_t size = 0;
  for (const auto& table : tables) {
    for (const std::string_view piece : table->pieces(kPieceBytes))
      places.push_back({table.get(), piece});
    size += static_cast<int64_t>(table->records().size());
  }
  const bool shown =
      std::ranges::any_of(tables, [](const auto& table) { return PieceParser::has_shown(*table); });
  Stager stager(shown, area);
  Turnstile turnstile;
  PiecePool pool;
  Progress progress(described(tables), size, tables.front()->unit());
  int64_t done = 0;
  parallel_for(std::ssize(places), 1, [&](int64_t i, int64_t) {
    try {
      throw_if_interrupted();
      const auto& [table, records] = places[static_cast<size_t>(i)];
      auto piece = pool.take();
      PieceParser(*table, {given, shown}, area.forgotten, area.mapping, *piece).parse(records);
      turnstile.pass(i, [&, table = table, count = records.size()] {
        stager.add(*table, *piece);
        progress.update(done += static_cast<int64_t>(count));
      });
      pool.give_back(std::move(piece));
    } catch (...) {
      turnstile.close();
      throw;
    }
  });
  if (!places.empty()) progress.finish();
  return stager.finish();
}

}  // namespace marquee::data
