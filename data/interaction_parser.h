// Parses one piece of an interactions file to rows; every field is checked here.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/interactions.h"

namespace marquee::data {

// One piece of the file, its users and titles numbered by their first appearance in it.
struct Piece {
  Vocabulary users;
  Vocabulary titles;
  std::vector<Row> rows;
  std::vector<Shown> shown;
  std::vector<uint64_t> rows_of_user;
  int64_t ratings = 0;
  int64_t forgotten = 0;  // records of members who were forgotten, left out
  float min_rating = std::numeric_limits<float>::infinity();
  float max_rating = -std::numeric_limits<float>::infinity();
  Findings findings;

  void clear() {  // keeps the memory
    users.clear();
    titles.clear();
    rows.clear();
    shown.clear();
    rows_of_user.clear();
    ratings = 0;
    forgotten = 0;
    min_rating = std::numeric_limits<float>::infinity();
    max_rating = -min_rating;
    findings = {};
  }
};

class PieceParser {
 public:
  struct Wanted {
    bool given;  // the column "split" says of which part a row is
    bool shown;  // how interactions were shown, in this table or in others
  };
  PieceParser(const Table& table, Wanted wanted, const Tombstones& forgotten, Piece& piece)
      : table_(table),
        given_(wanted.given),
        shown_(wanted.shown),
        forgotten_(forgotten),
        piece_(piece) {}

  static bool has_shown(const Table& table);  // says how interactions were shown

  void parse(std::string_view text);

 private:
  using Column = InteractionColumn;

  std::string_view field(Column column) const { return fields_[static_cast<size_t>(column)]; }
  bool refuse(Column column, std::string_view reason);  // false

  void add();
  bool is_forgotten(int64_t time);
  bool read_ids();
  void number_ids(Row& row);
  bool read_time(Row& row);
  bool read_event(Row& row);
  bool read_value(Row& row);
  bool read_part(Row& row);
  bool read_shown(Shown& shown);

  const Table& table_;
  const bool given_;
  const bool shown_;
  const Tombstones& forgotten_;
  Piece& piece_;
  std::span<const std::string_view> fields_;
  const char* where_ = nullptr;
  uint32_t last_user_ = 0;
  std::string checked_user_;  // the last one, and until when they are forgotten
  std::optional<int64_t> forgotten_until_;
};

}  // namespace marquee::data
